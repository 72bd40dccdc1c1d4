package vod

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// MaxHoldReason is the length of Hold.Reason, in characters.
const MaxHoldReason = 128

// Hold holds assets, or lets them go, for a reason and at somebody's request, both of which the log and the assets tell. An asset that is
// being recorded stays held when it is finished. It returns those that do not exist. *InvalidError.
func (c *Catalog) Hold(ctx context.Context, ids []FileID, hold bool, reason, by string) (missing []FileID, err error) {
	if utf8.RuneCountInString(reason) > MaxHoldReason {
		return nil, &InvalidError{Field: "Reason", Reason: fmt.Sprintf("must have at most %d characters", MaxHoldReason)}
	}
	if len(ids) > MaxGet {
		return nil, &InvalidError{Field: "FileIds", Reason: fmt.Sprintf("must have at most %d values", MaxGet)}
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	var h Hold
	if hold {
		h = Hold{Since: now, Reason: reason, By: by}
	}
	found, err := c.Store.SetHold(ctx, ids, h, now)
	if err != nil {
		return nil, fmt.Errorf("set the hold of files: %w", err)
	}
	for _, id := range ids {
		if !slices.Contains(found, id) {
			missing = append(missing, id)
			continue
		}
		c.Log.Info("hold changed", "file_id", id.String(), "held", hold, "reason", reason, "by", by)
	}
	return missing, nil
}
