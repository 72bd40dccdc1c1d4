package api

import (
	"testing"
	"time"

	"aircheck/vod/task"
)

// FuzzTaskToken: what is read is written as the same place, and nothing else is taken.
func FuzzTaskToken(f *testing.F) {
	for _, c := range []task.Cursor{{ID: "a"}, {At: time.UnixMicro(1), ID: "0-ComposeMedia-1t0"}, {At: time.UnixMicro(-5), ID: ",,"}} {
		f.Add(taskToken(c))
	}
	f.Add("")
	f.Add("QUFB")
	f.Add("!")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseTaskToken(text)
		if err != nil || text == "" {
			return
		}
		again, err := parseTaskToken(taskToken(c))
		if err != nil || c.ID == "" || again.ID != c.ID || !again.At.Equal(c.At) {
			t.Errorf("%q is %+v, and then %+v, %v", text, c, again, err)
		}
	})
}
