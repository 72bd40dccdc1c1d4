package store

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aircheck/vod"
	"aircheck/vod/event"
)

// TestPartRoundTrip also shows that a part keeps all it is given, and in which order parts come.
func TestPartRoundTrip(t *testing.T) {
	s := open(t)
	add(t, s, asset(1), asset(2))
	part := func(id, of int64, kind vod.PartKind, definition int64, index int) vod.Part {
		return vod.Part{
			ID: vod.FileID(id), FileID: vod.FileID(of), Kind: kind, Definition: definition, Index: index, StorageID: "storage",
			Key: ".parts/x", Size: 7, ContentType: "image/png", Meta: json.RawMessage(`{"Width":1}`), CreateTime: at,
		}
	}
	want := []vod.Part{
		part(10, 1, vod.PartCover, 0, 0), part(13, 1, vod.PartSprite, 5, 0), part(12, 1, vod.PartSprite, 5, 1), part(11, 1, vod.PartSprite, 6, 0),
		part(14, 2, vod.PartCover, 0, 0),
	}
	for _, p := range want {
		must(t, s.Reserve(t.Context(), vod.Reservation{ID: p.ID, Extension: "png", StorageID: "storage", ObjectKey: p.Key}))
	}
	must(t, s.AddParts(t.Context(), 1, []vod.Part{want[3], want[2], want[1], want[0]}))
	must(t, s.AddParts(t.Context(), 2, want[4:]))
	got, err := s.PartsOf(t.Context(), []vod.FileID{2, 1, 9})
	must(t, err)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	left, err := s.Reservations(t.Context(), 0, 10)
	must(t, err)
	if len(left) > 0 {
		t.Error("reserved:", left)
	}
	if err := s.AddParts(t.Context(), 77, []vod.Part{part(20, 77, vod.PartCover, 0, 0)}); err != vod.ErrNotFound {
		t.Error(err)
	}
}

// TestKeepTells: what is made and deleted is told in the same transaction, with what was deleted of it.
func TestKeepTells(t *testing.T) {
	s := open(t)
	must(t, s.ModifyEventConfig(t.Context(), 3, func(c *event.Config) error {
		c.Mode, c.Uploaded, c.Deleted = event.Pull, true, true
		return nil
	}))
	a := asset(1)
	a.SubAppID = 3
	must(t, s.AddMade(t.Context(), a))
	p := vod.Part{ID: 9, FileID: 1, Kind: vod.PartTranscode, Definition: 20, StorageID: "storage", Key: "k"}
	must(t, s.AddParts(t.Context(), 1, []vod.Part{p}))
	_, err := s.DoomParts(t.Context(), 1, vod.Deletion{At: at}) // nothing: of that nobody is told
	must(t, err)
	d := vod.Deletion{Original: true, At: at, Parts: []vod.PartFilter{{Kind: vod.PartAdaptive, Definition: 7}}}
	whole, err := s.DoomParts(t.Context(), 1, d)
	must(t, err)
	if whole {
		t.Error("a transcode is left")
	}
	must(t, s.MarkDeleting(t.Context(), 1))
	told, err := s.PullEvents(t.Context(), 3, time.Now().Add(time.Hour), time.Now().Add(2*time.Hour), 10)
	must(t, err)
	var got []string
	for _, e := range told {
		var what event.Deletion
		must(t, json.Unmarshal(e.Content, &what))
		text, err := json.Marshal(what.Files)
		must(t, err)
		got = append(got, string(e.Kind)+" "+string(text))
	}
	want := []string{
		"NewFileUpload null",
		`FileDeleted [{"FileID":1,"Parts":[{"Type":"OriginalFiles","Definition":0},{"Type":"AdaptiveDynamicStreamingFiles","Definition":7}]}]`,
		`FileDeleted [{"FileID":1,"Parts":null}]`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestLastFileIDOfAll: no ID is given out twice, be it that of a part or of a file that is about to be made.
func TestLastFileIDOfAll(t *testing.T) {
	s := open(t)
	add(t, s, asset(1))
	must(t, s.AddParts(t.Context(), 1, []vod.Part{{ID: 9, FileID: 1, Kind: vod.PartCover, StorageID: "storage", Key: "k"}}))
	last, err := s.LastFileID(t.Context())
	must(t, err)
	must(t, s.Reserve(t.Context(), vod.Reservation{ID: 11, Extension: "mp4", StorageID: "storage", ObjectKey: "x"}))
	later, err := s.LastFileID(t.Context())
	must(t, err)
	if last != 9 || later != 11 {
		t.Error(last, later)
	}
}

// TestModifyAssetTogether: two changes at once both hold.
func TestModifyAssetTogether(t *testing.T) {
	s := open(t)
	add(t, s, asset(1))
	done := make(chan error)
	const writers = 20
	for i := range writers {
		go func() {
			_, err := s.ModifyAsset(t.Context(), 1, func(a *vod.Asset) error {
				a.Tags = append(a.Tags, string(rune('a'+i)))
				return nil
			}, nil)
			done <- err
		}()
	}
	for range writers {
		must(t, <-done)
	}
	got, err := s.AssetsByID(t.Context(), []vod.FileID{1})
	must(t, err)
	if len(got[0].Tags) != writers {
		t.Error(got[0].Tags)
	}
}
