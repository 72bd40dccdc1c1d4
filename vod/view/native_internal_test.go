package view

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"aircheck/vod"
)

// TestHalfPlaylist: of a playlist that is being written, or was when the server was killed, the entries that are whole are shown.
func TestHalfPlaylist(t *testing.T) {
	const head = "#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-TARGETDURATION:12\n#EXT-X-PLAYLIST-TYPE:EVENT\n"
	entry := func(at string) string { return "#EXTINF:6.000000,\n#EXT-X-BYTERANGE:100@" + at + "\nshow.ts\n" }
	whole := head + entry("0") + entry("100")
	next := entry("200")
	for n := range next {
		l, err := native(strings.NewReader(whole+next[:n]), vod.View{Query: "?sign=1"})
		if err != nil || strings.Count(string(l.text), "show.ts?sign=1\n") != 2 || strings.Count(string(l.text), "#EXTINF") != 2 || !l.growing ||
			strings.Contains(string(l.text), "@200") {
			t.Errorf("with %q behind: %v\n%s", next[:n], err, l.text)
		}
	}
}

// A playlist is made anew only up to a bound, however long the recording: of less of it there is one all the same.
func TestPlaylistsAreBounded(t *testing.T) {
	var list strings.Builder
	list.WriteString("#EXTM3U\n")
	const entries = 20_000
	for range entries {
		list.WriteString("#EXTINF:6.000000,\n#EXT-X-BYTERANGE:10@0\nshow.ts\n")
	}
	list.WriteString("#EXT-X-ENDLIST\n")
	v := vod.View{Query: "?sign=" + strings.Repeat("1", 2*maxPlaylist/entries)}
	l, err := native(strings.NewReader(list.String()), v)
	var known *refusal
	if !errors.As(err, &known) || known.status != http.StatusUnprocessableEntity || !strings.Contains(known.text, "start and end") {
		t.Errorf("%d bytes, %v", len(l.text), err)
	}
	v.Range = vod.Range{Start: -60 * time.Second}
	if l, err = native(strings.NewReader(list.String()), v); err != nil || strings.Count(string(l.text), "#EXTINF") != 10 || l.from != (entries-10)*6*time.Second {
		t.Errorf("from %v, %v, %d bytes", l.from, err, len(l.text))
	}
}
