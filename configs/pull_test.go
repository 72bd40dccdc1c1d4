package configs

import (
	"slices"
	"strings"
	"testing"
)

func TestPull(t *testing.T) {
	name := write(t, "pull:\n- from: rtsp://u:p@h/x\n  to: live/a\n  insecure: true\n- from: rtmp://h/a/0123\n  to: 7\n  domain: d.example\n  fingerprint: 00\n")
	want := []Pull{
		{From: "rtsp://u:p@h/x", To: "live/a", Insecure: true},
		{From: "rtmp://h/a/0123", To: "7", Domain: "d.example", Fingerprint: "00"},
	}
	c, err := Load(name, nil)
	if err != nil || !slices.Equal(c.Pull, want) {
		t.Errorf("%+v: %v", c.Pull, err)
	}
	c, err = Load(write(t, ""), []string{"AIRCHECK_PULL=[{from: 'rtsp://h/x', to: live/a, transport: udp}]"})
	if err != nil || !slices.Equal(c.Pull, []Pull{{From: "rtsp://h/x", To: "live/a", Transport: "udp"}}) {
		t.Errorf("%+v: %v", c.Pull, err)
	}
	if _, err := Load(write(t, "pull:\n- form: x\n"), nil); err == nil || !strings.Contains(err.Error(), "form") {
		t.Errorf("%v", err)
	}
}
