package recorder

import (
	"errors"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/media"
)

func TestExpandName(t *testing.T) {
	start := time.Date(2026, 3, 1, 7, 8, 9, 4e6, time.UTC)
	end := time.Date(2027, 12, 31, 23, 59, 58, 123456789, time.UTC)
	tests := []struct{ pattern, want string }{
		{"", "cam_2026-03-01-07-08-09_2027-12-31-23-59-58"},
		{"{StreamID}", "cam"},
		{"a{StreamID}b{StreamID}c", "acambcamc"},
		{"{StartYear}{StartMonth}{StartDay}{StartHour}{StartMinute}{StartSecond}{StartMillisecond}", "20260301070809004"},
		{"{EndYear}{EndMonth}{EndDay}{EndHour}{EndMinute}{EndSecond}{EndMillisecond}", "20271231235958123"},
		{"plain name", "plain name"},
		{"}", "}"},
	}
	for _, tt := range tests {
		if err := ValidateFileName(tt.pattern); err != nil {
			t.Errorf("%q: %v", tt.pattern, err)
		}
		got, err := expandName(tt.pattern, "cam", start, end)
		if err != nil || got != tt.want {
			t.Errorf("%q: got %q, %v, want %q", tt.pattern, got, err, tt.want)
		}
	}
}

func TestValidateFileNameRefuses(t *testing.T) {
	for _, p := range []string{
		"{Stream}", "{streamid}", "{StartWeek}", "{Start}", "{MiddleYear}", "{StreamID", "a{b{StreamID}", "a/b", `a\b`, "../x",
		"a\x00b", "a\nb", "a\xffb", strings.Repeat("x", MaxFileName+1), "{}",
	} {
		if err := ValidateFileName(p); !errors.Is(err, ErrBadFileName) {
			t.Errorf("%q: %v", p, err)
		}
	}
}

func TestComponent(t *testing.T) {
	long := strings.Repeat("x", 300)
	tests := []struct{ in, want string }{
		{"studio-1_a.b", "studio-1_a.b"},
		{"直播", "直播"},
		{"a b", "a%20b"},
		{"a%20b", "a%2520b"},
		{".open", "%2Eopen"},
		{"..", "%2E%2E"},
		{"-rf", "%2Drf"},
		{"end.", "end%2E"},
		{"a/b", "a%2Fb"},
		{"a\x00\xff", "a%00%FF"},
		{"\ufffd", "%EF%BF%BD"},
		{"a~b", "a%7Eb"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := component(tt.in); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
	a, b := component(long+"a"), component(long+"b")
	if len(a) != maxComponent || a == b || !strings.Contains(a, "~") {
		t.Errorf("long names: %q, %q", a, b)
	}
	if got := component(strings.Repeat("直", 100)); len(got) > maxComponent || strings.Contains(got, "\ufffd") {
		t.Errorf("long name: %q", got)
	}
}

func TestFolder(t *testing.T) {
	k := media.StreamKey{Domain: "a.example", App: "live/ä b", Stream: ".x"}
	got := folder(k, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	if want := "a.example/live/ä%20b/%2Ex/2026-01-02"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := candidate("d", "a b", "mp4", 3); got != "d/a%20b-3.mp4" {
		t.Errorf("got %q", got)
	}
}

// FuzzComponent checks that no two names share a component and that none leaves its folder.
func FuzzComponent(f *testing.F) {
	f.Add("a", "b")
	f.Add("a b", "a%20b")
	f.Add("..", ".")
	f.Fuzz(func(t *testing.T, a, b string) {
		ca, cb := component(a), component(b)
		if (ca == cb) != (a == b) {
			t.Fatalf("%q and %q: %q and %q", a, b, ca, cb)
		}
		if len(ca) > maxComponent || strings.ContainsAny(ca, "/\\\x00") || strings.HasPrefix(ca, ".") || strings.HasPrefix(ca, "-") {
			t.Fatalf("%q: %q", a, ca)
		}
	})
}
