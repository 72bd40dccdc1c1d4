package compose_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"aircheck/vod"
	"aircheck/vod/compose"
)

// TestOriginalDeleted: of a recording whose own file was deleted there is nothing to be joined: who names it is told at once, and a splice of
// its stream does without it.
func TestOriginalDeleted(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := clip(t, "a.mp4", "1.5")
	whole, gone := r.adopt(path, "mp4", 0, nil), r.adopt(path, "mp4", time.Minute, nil)
	r.Catalog.Parts = &vod.Parts{Store: r.store, Intake: r.Intake}
	part, err := r.Catalog.Parts.Begin(t.Context(), gone, vod.Part{Kind: vod.PartTranscode, Definition: 10, ContentType: "video/mp4"}, "mp4")
	if err == nil {
		_, err = r.Catalog.Parts.Commit(t.Context(), part)
	}
	if err == nil {
		err = r.Catalog.DeleteParts(t.Context(), gone.ID, []vod.PartsToDelete{{Type: vod.DeleteOriginal}})
	}
	if err != nil {
		t.Fatal(err)
	}
	if left := r.asset(gone.ID.String()); left.ObjectKey != "" {
		t.Fatalf("%+v", left)
	}
	_, byName := r.Splice(t.Context(), compose.Splice{FileIDs: []vod.FileID{whole.ID, gone.ID}})
	_, clip := r.Clip(t.Context(), &compose.Clip{URL: vod.PlayPath(gone), End: 1})
	_, composed := r.Compose(t.Context(), request(compose.ComposeMediaOutput{}, track("Video", video(gone, 0, 1))))
	for field, err := range map[string]error{"FileIds": byName, "Url": clip, "SourceMedia": composed} {
		var bad *vod.InvalidError
		if !errors.As(err, &bad) || bad.Field != field || !strings.Contains(bad.Reason, gone.ID.String()) {
			t.Errorf("%s: %v", field, err)
		}
	}
	found, err := r.Splice(t.Context(), compose.Splice{Domain: "localhost", App: "live", Stream: "show", Start: at, End: at.Add(time.Hour)})
	if err != nil || len(found.Pieces) != 1 || found.Pieces[0].FileID != whole.ID {
		t.Errorf("%+v, %v", found, err)
	}
}
