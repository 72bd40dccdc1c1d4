package configs

import (
	"strings"
	"testing"
)

func TestAccessIsChecked(t *testing.T) {
	for _, c := range []struct {
		text, want string
	}{
		{"push: {hook: 'http://127.0.0.1:9000/hook?x=1'}", ""},
		{"push: {hook: '127.0.0.1:9000'}", "push.hook"},
		{"play: {hook: 'rtmp://x/'}", "play.hook"},
		{"play: {hook: 'http:///x'}", "play.hook"},
		{"play: {auth: sometimes}", "play.auth"},
		{"tls: {certificate: a, key: b}\nhttp: {tls_address: ':8443'}", ""},
		{"tls: {certificate: a, key: b}\nrtmp: {tls_address: ':1936'}", ""},
		{"tls: {certificate: a, key: b}\nrtsp: {tls_address: ':8322'}", ""},
		{"tls: {certificate: a, key: b}", "tls.certificate: is of no use"},
		{"tls: {certificate: a}\nhttp: {tls_address: ':8443'}", "tls.certificate: certificate and key"},
		{"tls: {key: b}", "tls.certificate: certificate and key"},
		{"http: {tls_address: ':8443'}", "http.tls_address: needs"},
		{"rtmp: {tls_address: ':1936'}", "rtmp.tls_address: needs"},
		{"rtsp: {tls_address: ':8322'}", "rtsp.tls_address: needs"},
		{"tls: {certificate: a, key: b}\nhttp: {tls_address: 8443}", "http.tls_address"},
	} {
		_, err := Load(write(t, c.text), nil)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.text, err, c.want)
		}
	}
	// The hook's address may hold a password: it is in no error.
	if _, err := Load(write(t, "push: {hook: 'secret@nowhere'}"), nil); err == nil || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}
