package store

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/rules"
	"aircheck/server/auth"
)

func callbackTemplate() rules.CallbackTemplate {
	return rules.CallbackTemplate{
		Name: "größe", Description: "what it is", Key: "secret", RecordExceptionLevels: []string{"error", "info"},
		URLs: rules.CallbackURLs{
			StreamBegin: "http://a/1", StreamEnd: "http://a/2", Record: "http://a/3", RecordStatus: "http://a/4",
			RecordException: "http://a/5", PushException: "http://a/6", Snapshot: "http://a/7", Censorship: "http://a/8",
			StreamMix: "http://a/9", AudioAudit: "http://a/10",
		},
	}
}

func callbackRule(domain, app string, template int64) rules.CallbackRule {
	return rules.CallbackRule{
		CallbackRuleKey: rules.CallbackRuleKey{Domain: domain, App: app}, TemplateID: template, CreateTime: at,
		UpdateTime: at.Add(time.Second),
	}
}

func TestCallbackTemplates(t *testing.T) {
	s := open(t)
	full := callbackTemplate()
	var err error
	full.ID, err = s.CreateCallbackTemplate(t.Context(), full)
	must(t, err)
	bare, err := s.CreateCallbackTemplate(t.Context(), rules.CallbackTemplate{ID: 99})
	must(t, err)
	got, err := s.CallbackTemplates(t.Context())
	must(t, err)
	if d := cmp.Diff([]rules.CallbackTemplate{full, {ID: bare}}, got); d != "" || bare != 2 {
		t.Error(d, bare)
	}
	refused := errors.New("refused")
	wantError(t, s.UpdateCallbackTemplate(t.Context(), 1, func(t *rules.CallbackTemplate) error {
		t.Name = "refused"
		return refused
	}), refused)
	wantError(t, s.UpdateCallbackTemplate(t.Context(), 77, func(*rules.CallbackTemplate) error { return nil }), rules.ErrNotFound)
	must(t, s.UpdateCallbackTemplate(t.Context(), 1, func(t *rules.CallbackTemplate) error {
		t.ID, t.Key, t.URLs.Record = 5, "", ""
		return nil
	}))
	full.Key, full.URLs.Record = "", ""
	got, err = s.CallbackTemplates(t.Context())
	must(t, err)
	if d := cmp.Diff([]rules.CallbackTemplate{full, {ID: bare}}, got); d != "" {
		t.Error(d)
	}
	must(t, s.DeleteCallbackTemplate(t.Context(), 2))
	wantError(t, s.DeleteCallbackTemplate(t.Context(), 2), rules.ErrNotFound)
	for i := range int64(rules.MaxCallbackTemplates - 1) {
		if id, err := s.CreateCallbackTemplate(t.Context(), full); id != i+3 || err != nil {
			t.Fatal(id, err)
		}
	}
	_, err = s.CreateCallbackTemplate(t.Context(), full)
	wantError(t, err, rules.ErrTemplateLimit)
}

func TestCallbackRules(t *testing.T) {
	s := open(t)
	id, err := s.CreateCallbackTemplate(t.Context(), callbackTemplate())
	must(t, err)
	b, a, all := callbackRule("b.example.com", "live", id), callbackRule("a.example.com", "live", id), callbackRule("a.example.com", "", id)
	for _, r := range []rules.CallbackRule{b, a, all} {
		must(t, s.CreateCallbackRule(t.Context(), r))
	}
	got, err := s.CallbackRules(t.Context())
	must(t, err)
	if d := cmp.Diff([]rules.CallbackRule{all, a, b}, got); d != "" {
		t.Error(d)
	}
	domains, err := s.Domains(t.Context())
	must(t, err)
	if len(domains) != 2 || domains[0].Name != "a.example.com" || domains[0].Type != auth.PushDomain || domains[0].Push.Master == "" {
		t.Errorf("domains %+v", domains)
	}
	wantError(t, s.CreateCallbackRule(t.Context(), a), rules.ErrExists)
	wantError(t, s.CreateCallbackRule(t.Context(), callbackRule("c.example.com", "", 77)), rules.ErrTemplateNotFound)
	wantError(t, s.DeleteCallbackTemplate(t.Context(), id), rules.ErrInUse)
	wantError(t, s.DeleteDomain(t.Context(), "b.example.com"), auth.ErrDomainInUse)
	wantError(t, s.DeleteCallbackRule(t.Context(), rules.CallbackRuleKey{Domain: "b.example.com"}), rules.ErrNotFound)
	play, err := auth.NewDomain("play.example.com", auth.PlayDomain)
	must(t, err)
	must(t, s.CreateDomain(t.Context(), play))
	var invalid *rules.InvalidError
	if err := s.CreateCallbackRule(t.Context(), callbackRule("play.example.com", "", id)); !errors.As(err, &invalid) {
		t.Errorf("a rule for a play domain: %v", err)
	}
	for _, r := range []rules.CallbackRule{b, a, all} {
		must(t, s.DeleteCallbackRule(t.Context(), r.CallbackRuleKey))
	}
	must(t, s.DeleteCallbackTemplate(t.Context(), id))
	must(t, s.DeleteDomain(t.Context(), "b.example.com"))
}

// happen adds n events, the i-th at that many seconds.
func happen(t *testing.T, s *Store, n int) {
	t.Helper()
	var entries []rules.Entry
	for i := range n {
		kind := rules.EventRecordStatus
		if i%2 == 1 {
			kind = rules.EventRecordException
		}
		entries = append(entries, rules.Entry{Event: rules.Event{
			Type: kind, Domain: "d", App: "live", Stream: fmt.Sprint("s", i%3), Payload: []byte(`{"n":1}`), At: at.Add(time.Duration(i) * time.Second),
		}})
	}
	must(t, s.AddEntries(t.Context(), entries))
}

func (s *Store) settle(t *testing.T, id int64, from, to rules.EventState, tries int, next time.Time) bool {
	t.Helper()
	same, err := s.SettleEvent(t.Context(), rules.Delivery{}, rules.Outcome{
		ID: id, FromState: from, FromAttempts: tries, State: to, Attempts: tries + 1, NextAt: next,
	})
	must(t, err)
	return same
}

func TestQueuedEvents(t *testing.T) {
	s := open(t)
	kicked := 0
	s.OnEvent = func() { kicked++ }
	happen(t, s, 6)
	must(t, s.SetSetting(t.Context(), "no", "event"))
	if kicked != 1 {
		t.Errorf("told %d times of events", kicked)
	}
	next := at.Add(time.Hour)
	if !s.settle(t, 1, rules.EventPending, rules.EventDelivered, 0, next) || !s.settle(t, 2, rules.EventPending, rules.EventParked, 0, next) ||
		s.settle(t, 3, rules.EventParked, rules.EventDelivered, 0, next) || s.settle(t, 3, rules.EventPending, rules.EventDelivered, 1, next) ||
		s.settle(t, 99, rules.EventPending, rules.EventDelivered, 0, next) {
		t.Error("an event was changed that should not have been, or the reverse")
	}
	must(t, s.Unwanted(t.Context(), []int64{1, 4}, next))
	got, err := s.QueuedEvents(t.Context(), 1, 3)
	must(t, err)
	event := func(id int64, kind rules.EventType, payload string) rules.Event {
		e := rules.Event{
			ID: id, Type: kind, Domain: "d", App: "live", Stream: fmt.Sprint("s", (id-1)%3), At: at.Add(time.Duration(id-1) * time.Second),
			Payload: []byte(payload),
		}
		return e
	}
	want := []rules.QueuedEvent{
		{Event: event(2, 341, `{"n":1}`), State: rules.EventParked, Attempts: 1, NextAt: next},
		{Event: event(3, 332, ""), State: rules.EventPending, NextAt: at.Add(2 * time.Second)},
		{Event: event(5, 332, ""), State: rules.EventPending, NextAt: at.Add(4 * time.Second)},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	full, err := s.Event(t.Context(), 5)
	must(t, err)
	if d := cmp.Diff(event(5, 332, `{"n":1}`), full); d != "" {
		t.Error(d)
	}
	_, err = s.Event(t.Context(), 99)
	wantError(t, err, rules.ErrNotFound)
	pending, parked, oldest, err := s.EventStats(t.Context())
	if pending != 3 || parked != 1 || !oldest.Equal(at.Add(2*time.Second)) || err != nil {
		t.Error(pending, parked, oldest, err)
	}
	var states []string
	must(t, s.reader.Model(&eventRow{}).Order("id").Pluck("state", &states).Error)
	if d := cmp.Diff([]string{"delivered", "parked", "pending", "unwanted", "pending", "pending"}, states); d != "" {
		t.Error(d)
	}
}

// TestEventPlans: what is asked for all the time is found by an index, without sorting.
func TestEventPlans(t *testing.T) {
	s := open(t)
	for query, want := range map[string]string{
		"SELECT * FROM events WHERE " + queued + " AND id > 5 ORDER BY id LIMIT 5":                             "SEARCH events USING INDEX events_queued (id>?)",
		"SELECT id FROM events WHERE " + ended + " AND next_at < 5 LIMIT 5":                                    "SEARCH events USING INDEX events_ended (next_at<?)",
		"SELECT id FROM deliveries WHERE at < 5 LIMIT 5":                                                       "SEARCH deliveries USING INDEX deliveries_at (at<?)",
		"SELECT * FROM deliveries WHERE at BETWEEN 1 AND 2 AND stream = 's' ORDER BY at DESC, id DESC LIMIT 5": "SEARCH deliveries USING INDEX deliveries_stream (stream=? AND at>? AND at<?)",
	} {
		var plan []struct{ Detail string }
		must(t, s.reader.Raw("EXPLAIN QUERY PLAN "+query).Scan(&plan).Error)
		if len(plan) != 1 || plan[0].Detail != want {
			t.Errorf("%s: %+v", query, plan)
		}
	}
}

func TestDeliveries(t *testing.T) {
	s := open(t)
	happen(t, s, 1)
	var all []rules.Delivery
	for i := range 6 {
		d := rules.Delivery{
			EventID: 1, Type: rules.EventType(i % 2), Domain: "d", App: "live", Stream: fmt.Sprint("s", i%2), URL: "http://a",
			At: at.Add(time.Duration(i) * time.Minute), AnswerAt: at.Add(time.Duration(i)*time.Minute + time.Second), Code: []int{0, 1, 500}[i%3],
			Request: "{}", Response: "é",
		}
		_, err := s.SettleEvent(t.Context(), d, rules.Outcome{ID: 1})
		must(t, err)
		all = append([]rules.Delivery{d}, all...)
	}
	every := rules.DeliveryFilter{From: at, To: at.Add(time.Hour), Limit: 10}
	got, n, err := s.Deliveries(t.Context(), every)
	if d := cmp.Diff(all, got); d != "" || n != 6 || err != nil {
		t.Error(d, n, err)
	}
	for name, c := range map[string]struct {
		change func(f *rules.DeliveryFilter)
		want   []int
		total  int
	}{
		"page":      {func(f *rules.DeliveryFilter) { f.Offset, f.Limit = 1, 2 }, []int{4, 3}, 6},
		"beyond":    {func(f *rules.DeliveryFilter) { f.Offset = 6 }, nil, 6},
		"stream":    {func(f *rules.DeliveryFilter) { f.Stream = "s1" }, []int{5, 3, 1}, 3},
		"type":      {func(f *rules.DeliveryFilter) { f.Type = new(rules.EventType(0)) }, []int{4, 2, 0}, 3},
		"delivered": {func(f *rules.DeliveryFilter) { f.Code = new(0) }, []int{3, 0}, 2},
		"failed":    {func(f *rules.DeliveryFilter) { f.Code = new(1) }, []int{5, 4, 2, 1}, 4},
		"status":    {func(f *rules.DeliveryFilter) { f.Code = new(500) }, []int{5, 2}, 2},
		"time":      {func(f *rules.DeliveryFilter) { f.From, f.To = at.Add(time.Minute), at.Add(2*time.Minute) }, []int{2, 1}, 2},
	} {
		f := every
		c.change(&f)
		got, n, err := s.Deliveries(t.Context(), f)
		must(t, err)
		var which []int
		for _, d := range got {
			which = append(which, int(d.At.Sub(at)/time.Minute))
		}
		if d := cmp.Diff(c.want, which); d != "" || n != c.total {
			t.Errorf("%s: %s %d", name, d, n)
		}
	}
}

func TestReplayEvents(t *testing.T) {
	s := open(t)
	happen(t, s, 6)
	later := at.Add(time.Hour)
	for id, state := range map[int64]rules.EventState{
		1: rules.EventDelivered, 2: rules.EventParked, 3: rules.EventUnwanted, 4: rules.EventDropped, 5: rules.EventDelivered,
	} {
		s.settle(t, id, rules.EventPending, state, 0, later)
	}
	replay := func(f rules.ReplayFilter) int {
		t.Helper()
		n, err := s.ReplayEvents(t.Context(), f, later)
		must(t, err)
		return n
	}
	all := rules.ReplayFilter{From: at, To: at.Add(4 * time.Second)}
	for name, f := range map[string]func(*rules.ReplayFilter){
		"domain": func(f *rules.ReplayFilter) { f.Domain = "e" },
		"app":    func(f *rules.ReplayFilter) { f.App = "e" },
		"stream": func(f *rules.ReplayFilter) { f.Stream = "e" },
		"type":   func(f *rules.ReplayFilter) { f.Type = new(rules.EventType(0)) },
		"time":   func(f *rules.ReplayFilter) { f.To = at.Add(-time.Second) },
		"ID":     func(f *rules.ReplayFilter) { f.IDs = []int64{6, 99} },
	} {
		none := all
		f(&none)
		if n := replay(none); n != 0 {
			t.Errorf("%s: %d replayed", name, n)
		}
	}
	failed := all
	failed.OnlyFailed = true
	if n := replay(failed); n != 2 {
		t.Errorf("%d of those that failed", n)
	}
	if n := replay(rules.ReplayFilter{IDs: []int64{1, 2}}); n != 1 {
		t.Errorf("%d by their IDs", n)
	}
	if n := replay(all); n != 2 {
		t.Errorf("%d of the rest", n)
	}
	got, err := s.QueuedEvents(t.Context(), 0, 10)
	must(t, err)
	for _, e := range got {
		if e.State != rules.EventPending || e.Attempts != 0 || e.ID < 6 && !e.NextAt.Equal(later) {
			t.Errorf("%+v", e)
		}
	}
	if len(got) != 6 {
		t.Errorf("%d are pending", len(got))
	}
}

func TestReplayLimit(t *testing.T) {
	s := open(t)
	happen(t, s, rules.MaxReplay+1)
	must(t, s.writer.Model(&eventRow{}).Where("TRUE").Update("state", "delivered").Error)
	f := rules.ReplayFilter{From: at, To: at.AddDate(1, 0, 0)}
	var invalid *rules.InvalidError
	if _, err := s.ReplayEvents(t.Context(), f, at); !errors.As(err, &invalid) {
		t.Errorf("too many: %v", err)
	}
	f.From = at.Add(time.Second)
	if n, err := s.ReplayEvents(t.Context(), f, at); n != rules.MaxReplay || err != nil {
		t.Error(n, err)
	}
}

func TestPruneCallbacks(t *testing.T) {
	s := open(t)
	happen(t, s, 6)
	for id, state := range map[int64]rules.EventState{
		1: rules.EventDelivered, 2: rules.EventParked, 3: rules.EventUnwanted, 4: rules.EventDropped, 5: rules.EventDelivered,
	} {
		_, err := s.SettleEvent(t.Context(), rules.Delivery{EventID: id, URL: "http://a", At: at.Add(time.Duration(id) * time.Hour)}, rules.Outcome{
			ID: id, FromState: rules.EventPending, State: state, NextAt: at.Add(time.Duration(id) * time.Hour),
		})
		must(t, err)
	}
	left := func() (events, tries []int64) {
		must(t, s.reader.Model(&eventRow{}).Order("id").Pluck("id", &events).Error)
		must(t, s.reader.Model(&deliveryRow{}).Order("event_id").Pluck("event_id", &tries).Error)
		return events, tries
	}
	n, err := s.PruneCallbacks(t.Context(), at.Add(3*time.Hour), at.Add(5*time.Hour), 1)
	if events, tries := left(); n != 2 || err != nil || len(events) != 5 || len(tries) != 4 {
		t.Errorf("one each: %d %v, left %v %v", n, err, events, tries)
	}
	n, err = s.PruneCallbacks(t.Context(), at.Add(3*time.Hour), at.Add(5*time.Hour), 10)
	events, tries := left()
	if d := cmp.Diff([]int64{2, 5, 6}, events) + cmp.Diff([]int64{3, 4, 5}, tries); d != "" || n != 3 || err != nil {
		t.Error(d, n, err)
	}
	if n, err := s.PruneCallbacks(t.Context(), at, at, 10); n != 0 || err != nil {
		t.Error(n, err)
	}
}
