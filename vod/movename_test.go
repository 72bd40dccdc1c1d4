package vod_test

import (
	"strings"
	"testing"

	"aircheck/vod"
)

// TestMoveNamesFolders: the log calls the folders what people call them.
func TestMoveNamesFolders(t *testing.T) {
	t.Parallel()
	r := newTwoRoots(t)
	r.mover.Name = func(id string) string { return map[string]string{storageID: "media", iaID: "infrequent"}[id] }
	mp4, _ := r.addBoth(t)
	must(t, r.mover.Move(t.Context(), mp4.ID, vod.StorageClassIA, nil))
	if text := r.log.String(); !strings.Contains(text, "from=media to=infrequent") {
		t.Error(text)
	}
}
