package vod_test

import (
	"slices"
	"testing"
	"time"

	"aircheck/vod"
)

// TestModifyTooMuchAtOnce: what is more than a file can have is refused before it is looked through, even if little of it would be left.
func TestModifyTooMuchAtOnce(t *testing.T) {
	l := newLibrary(t)
	l.add(t, file(1), "x")
	found, err := l.Get(t.Context(), []vod.FileID{1})
	must(t, err)
	_, err = l.Modify(t.Context(), found[0], vod.Change{AddTags: slices.Repeat([]string{"same"}, vod.MaxTags+1)})
	wantError(t, err, vod.ErrTags)
	frames := slices.Repeat([]vod.KeyFrame{{At: time.Second, Content: "same"}}, vod.MaxKeyFrames+1)
	_, err = l.Modify(t.Context(), found[0], vod.Change{AddKeyFrames: frames})
	wantError(t, err, vod.ErrKeyFrames)
	_, err = l.Modify(t.Context(), found[0], vod.Change{AddKeyFrames: frames[:vod.MaxKeyFrames], AddTags: slices.Repeat([]string{"same"}, vod.MaxTags)})
	must(t, err)
}
