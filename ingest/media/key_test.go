package media_test

import (
	"errors"
	"strings"
	"testing"

	"aircheck/ingest/media"
)

func TestSplitPath(t *testing.T) {
	for in, want := range map[string][2]string{
		"live/show":     {"live", "show"},
		"show":          {media.DefaultApp, "show"},
		"/a/b/c/show/":  {"a/b/c", "show"},
		"a//show":       {"a", "show"},
		"a///b//show//": {"a///b", "show"}, // the empty component is refused by Validate
		"":              {media.DefaultApp, ""},
		"///":           {media.DefaultApp, ""},
	} {
		if app, stream := media.SplitPath(in); app != want[0] || stream != want[1] {
			t.Errorf("%q: %q and %q", in, app, stream)
		}
	}
}

func TestValidate(t *testing.T) {
	good := media.StreamKey{Domain: "d", App: "live", Stream: "show"}
	for _, ca := range []struct {
		name   string
		change func(*media.StreamKey)
		ok     bool
	}{
		{"plain", func(*media.StreamKey) {}, true},
		{"deep", func(k *media.StreamKey) { k.App = "a/b/c/d" }, true},
		{"too deep", func(k *media.StreamKey) { k.App = "a/b/c/d/e" }, false},
		{"no domain", func(k *media.StreamKey) { k.Domain = "" }, false},
		{"no app", func(k *media.StreamKey) { k.App = "" }, false},
		{"no stream", func(k *media.StreamKey) { k.Stream = "" }, false},
		{"an empty component", func(k *media.StreamKey) { k.App = "a//b" }, false},
		{"reserved", func(k *media.StreamKey) { k.App = "vod/x" }, false},
		{"reserved further down", func(k *media.StreamKey) { k.App = "x/vod" }, true},
		{"spaces and letters of any script", func(k *media.StreamKey) { k.Stream = "直播 1" }, true},
		{"a slash in the name", func(k *media.StreamKey) { k.Stream = "a/b" }, false},
		{"255 bytes", func(k *media.StreamKey) { k.Stream = strings.Repeat("a", 255) }, true},
		{"256 bytes", func(k *media.StreamKey) { k.Stream = strings.Repeat("a", 256) }, false},
		{"dots", func(k *media.StreamKey) { k.App = "a/.." }, false},
		{"a dot", func(k *media.StreamKey) { k.Stream = "." }, false},
		{"a hidden name", func(k *media.StreamKey) { k.Stream = ".a" }, true},
		{"a control character", func(k *media.StreamKey) { k.Stream = "a\x00" }, false},
		{"not UTF-8", func(k *media.StreamKey) { k.Stream = "\xff" }, false},
	} {
		k := good
		ca.change(&k)
		if err := k.Validate(); (err == nil) != ca.ok || err != nil && !errors.Is(err, media.ErrBadPath) {
			t.Errorf("%s: %v", ca.name, err)
		}
	}
	if got := good.String(); got != "d/live/show" {
		t.Error(got)
	}
}

// TestReservedApps names every face of the server, so that none can be left out unnoticed.
func TestReservedApps(t *testing.T) {
	for _, app := range []string{"api", "console", "healthz", "metrics", "play", "readyz", "vod"} {
		for _, k := range []media.StreamKey{{Domain: "d", App: app, Stream: "s"}, {Domain: "d", App: app + "/x/y/z", Stream: "s"}} {
			if err := k.Validate(); !errors.Is(err, media.ErrBadPath) || !strings.Contains(err.Error(), media.DefaultApp) {
				t.Errorf("%s: %v", k, err)
			}
		}
		for _, near := range []string{app + "s", "x" + app, strings.ToUpper(app)} {
			if err := (media.StreamKey{Domain: "d", App: near, Stream: app}).Validate(); err != nil {
				t.Errorf("%s: %v", near, err)
			}
		}
	}
}

// TestNoControlCharacters tries all of ASCII and of Latin 1, in app and stream.
func TestNoControlCharacters(t *testing.T) {
	for r := range rune(0x100) {
		want := r >= 0x20 && r < 0x7f || r >= 0xa0
		for _, k := range []media.StreamKey{{Domain: "d", App: "a" + string(r), Stream: "s"}, {Domain: "d", App: "a", Stream: string(r) + "s"}} {
			if r == '/' || (k.Validate() == nil) == want {
				continue
			}
			t.Errorf("%q: %v", k, k.Validate())
		}
	}
}
