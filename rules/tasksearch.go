package rules

import (
	"context"
	"fmt"
	"time"
)

// MaxTaskSearch is how long a span of time may be in which tasks are searched: that of a page with a month and what hangs over its ends.
const MaxTaskSearch = 33 * 24 * time.Hour

// TaskSearch chooses tasks of either kind whose window has a part in common with the span between From and To, or those with IDs, whenever
// they are. Empty names mean all.
type TaskSearch struct {
	IDs                 []string
	Domain, App, Stream string
	From, To            time.Time
	// AfterStart and AfterID are those of the last task of the page before; zero for the first page.
	AfterStart time.Time
	AfterID    string
	Limit      int
}

// Search lists tasks by start and ID, those of both kinds. The span may be of at most MaxTaskSearch. *InvalidError.
func (t *Tasks) Search(ctx context.Context, s TaskSearch) ([]Task, error) {
	if len(s.IDs) == 0 {
		switch {
		case !s.To.After(s.From):
			return nil, invalid("EndTime", "is not after StartTime")
		case s.To.Sub(s.From) > MaxTaskSearch:
			return nil, invalid("EndTime", "is more than %d days after StartTime", MaxTaskSearch/(24*time.Hour))
		}
	}
	if s.Domain != "" {
		domain, err := t.Service.CleanDomain(s.Domain)
		if err != nil {
			return nil, err
		}
		s.Domain = domain
	}
	found, err := t.Store.SearchTasks(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("search tasks: %w", err)
	}
	for i := range found {
		t.fresh(&found[i])
	}
	return found, nil
}
