package compose_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"aircheck/vod"
	"aircheck/vod/compose"
	"aircheck/vod/task"
)

// TestSourceGoesMeanwhile: files that are deleted while they are joined are read to their end.
func TestSourceGoesMeanwhile(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := clip(t, "a.mp4", "1.5")
	a, b := r.adopt(path, "mp4", 0, nil), r.adopt(path, "mp4", time.Minute, nil)
	asked := 0
	r.Intake.Room = func(string) error {
		if asked++; asked != 3 { // the drafts have begun, and the first file is done
			return nil
		}
		for _, gone := range []vod.Asset{a, b} {
			if err := errors.Join(r.store.MarkDeleting(t.Context(), gone.ID), os.Remove(r.dir+"/"+gone.ObjectKey)); err != nil {
				return err
			}
		}
		return nil
	}
	r.start()
	made, _, out := r.compose(request(compose.ComposeMediaOutput{}, track("Video", video(a, 0, 0), video(b, 0, 0))))
	if _, err := os.Stat(r.dir + "/" + b.ObjectKey); err == nil || out.Method != compose.MethodCopy {
		t.Errorf("%+v, %v", out, err)
	}
	for _, kind := range []string{"v", "a"} {
		want, got := hashesOf(packets(t, path, kind)), hashesOf(packets(t, made, kind))
		if want = slices.Concat(want, want); !slices.Equal(got, want) {
			t.Errorf("%s: %d packets of %d, or others", kind, len(got), len(want))
		}
	}
}

func hashesOf(all []packet) (out []string) {
	for _, p := range all {
		out = append(out, p.hash)
	}
	return out
}

// TestStillRecorded: of a file that is being recorded all is taken that there is, to the last whole packet.
func TestStillRecorded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := clip(t, "a.flv", "4")
	part := int64(0)
	a := r.adopt(path, "flv", 0, func(a *vod.Asset) {
		part = a.Size * 2 / 3
		a.Status, a.Size, a.Duration, a.End = vod.StatusRecording, part, a.Duration*2/3, a.Start.Add(a.Duration*2/3)
	})
	r.start()
	found, err := r.Splice(t.Context(), compose.Splice{
		Domain: "localhost", App: "live", Stream: "show", Start: at.Add(-time.Hour), End: at.Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Pieces) != 1 || found.Pieces[0].FileID != a.ID {
		t.Fatalf("%+v", found)
	}
	made, _, _ := r.done(found.TaskID)
	whole, got := hashesOf(packets(t, path, "a")), hashesOf(packets(t, made, "a"))
	if len(got) < len(whole)/2 || len(got) >= len(whole) || !slices.Equal(got, whole[:len(got)]) {
		t.Errorf("%d frames of sound of %d", len(got), len(whole))
	}
	decodes(t, made)
}

// TestApplicationOff: a task of an application that was switched off while it waited makes nothing.
func TestApplicationOff(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.SubApps = &vod.SubApps{Store: r.store}
	app, err := r.SubApps.Create(t.Context(), vod.SubApp{Name: "one", Mode: "fileid"})
	if err != nil {
		t.Fatal(err)
	}
	a := r.adopt(clip(t, "a.mp4", "1"), "mp4", 0, func(a *vod.Asset) { a.SubAppID = app })
	q := request(compose.ComposeMediaOutput{}, track("Video", video(a, 0, 0)))
	var bad *vod.InvalidError
	if _, err := r.Compose(t.Context(), q); !errors.As(err, &bad) || bad.Field != "SourceMedia" {
		t.Errorf("in another application: %v", err)
	}
	if _, err := r.Splice(t.Context(), compose.Splice{FileIDs: []vod.FileID{a.ID}}); !errors.As(err, &bad) || bad.Field != "FileIds" {
		t.Errorf("in another application: %v", err)
	}
	q.SubAppID = app
	id, err := r.Compose(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.SubApps.SetStatus(t.Context(), app, vod.SubAppOff); err != nil {
		t.Fatal(err)
	}
	r.start()
	done, _, err := r.Wait(t.Context(), app, id, patience)
	if err != nil || done.Code != task.CodeInput || !strings.Contains(done.Message, "is off") {
		t.Errorf("%d %s, %v", done.Code, done.Message, err)
	}
	if left := r.files(); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
}

// TestNoInstant: no item may be so short that it would be played infinitely fast.
func TestNoInstant(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.adopt(clip(t, "a.mp4", "1"), "mp4", 0, nil)
	for _, target := range []float64{5e-324, 1e-300, 0.0009} {
		_, err := r.Compose(t.Context(), request(compose.ComposeMediaOutput{}, track("Video", video(a, 0, 0, func(v *compose.VideoTrackItem) { v.TargetDuration = target }))))
		var bad *vod.InvalidError
		if !errors.As(err, &bad) || bad.Field != "Tracks.0.TrackItems.0.VideoItem.TargetDuration" {
			t.Errorf("%v: %v", target, err)
		}
	}
}
