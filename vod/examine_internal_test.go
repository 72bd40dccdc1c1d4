package vod

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestPlaceOf(t *testing.T) {
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for key, want := range map[string]place{
		"d.com/live/s/2026-03-01/a%20b.mp4":        {"a b", "d.com", "live", "s", day},
		"d.com/a/b/c/s%2Ft/2026-03-01/x_9_17":      {"x_9", "d.com", "a/b/c", "s/t", day},
		"d.com/live/%2Dx/2026-03-01/%zz.flv":       {"%zz", "d.com", "live", "-x", day},
		"d.com/live/s/2026-03-01/%FF.flv":          {"%FF", "d.com", "live", "s", day},
		"d.com/live/s/2026-13-01/x.mp4":            {name: "x"},
		"live/s/2026-03-01/x.mp4":                  {name: "x"},
		"d.com/live/s/2026-03-01/deeper/x.tar.mp4": {name: "x.tar"},
		".lost+found/5.aac":                        {name: "5"},
	} {
		bundle := strings.HasSuffix(key, "_17")
		if bundle {
			key += "/media.ts"
		}
		if got := placeOf(key, bundle); got != want {
			t.Errorf("%s: %+v, want %+v", key, got, want)
		}
	}
}

func TestStartOfPlace(t *testing.T) {
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for written, want := range map[time.Time]time.Time{
		day.Add(12 * time.Hour):        day.Add(11 * time.Hour),
		day.Add(30 * time.Hour):        day.Add(29 * time.Hour), // in a zone of the far west
		day.Add(30 * 24 * time.Hour):   day,                     // copied a month later
		day.Add(-365 * 24 * time.Hour): day,
	} {
		if got := (place{day: day}).start(written, time.Hour); !got.Equal(want) {
			t.Errorf("written at %v: %v, want %v", written, got, want)
		}
	}
	if got := (place{}).start(day, time.Hour); !got.Equal(day.Add(-time.Hour)) {
		t.Error(got)
	}
}

func TestParseListing(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 5e6, time.UTC)
	for text, want := range map[string]listing{
		"#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:2026-03-01T12:00:00.005Z\r\n#EXTINF:1,\n media.ts \n#EXT-X-PROGRAM-DATE-TIME:2020-01-01T00:00:00Z\nx": {"media.ts", at},
		"#EXT-X-PROGRAM-DATE-TIME:soon\nmedia.mp4": {media: "media.mp4"},
		"#EXTM3U\n#EXT-X-ENDLIST":                  {},
		"":                                         {},
		"\x00\n#EXT-X-PROGRAM-DATE-TIME:2026-03-01": {media: "\x00"},
	} {
		if got := parseListing([]byte(text)); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

func FuzzParseListing(f *testing.F) {
	f.Add([]byte("#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:2026-03-01T12:00:00.005Z\n#EXTINF:1,\nmedia.ts\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if got := parseListing(text); len(got.media) > len(text) || strings.ContainsAny(got.media, "\n") || strings.HasPrefix(got.media, "#") {
			t.Errorf("%+v", got)
		}
	})
}

func FuzzPlaceOf(f *testing.F) {
	f.Add("d.com/live/s%2Ft/2026-03-01/a%20b_17/media.ts", true)
	f.Add(".lost+found/5.aac", false)
	f.Fuzz(func(t *testing.T, key string, bundle bool) {
		got := placeOf(key, bundle)
		for _, s := range []string{got.name, got.domain, got.app, got.stream} {
			if !utf8.ValidString(s) || len(s) > len(key) {
				t.Errorf("%q: %+v", key, got)
			}
		}
		if got.day.IsZero() != (got.domain == "" && got.app == "" && got.stream == "") && !strings.HasPrefix(key, "/") && !strings.Contains(key, "//") {
			t.Errorf("%q: %+v", key, got)
		}
	})
}
