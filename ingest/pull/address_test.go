package pull

import (
	"errors"
	"net/url"
	"strings"
	"testing"
)

func TestParseURL(t *testing.T) {
	for _, good := range []string{
		"rtsp://h", "rtsps://h:322/x", " RTMP://h/a/b ", "rtmps://u:p%40ss@[fe80::1]:443/a/b?x=y", "rtsp://10.0.0.1:554/cam?channel=1&subtype=0",
	} {
		if _, err := ParseURL(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for bad, want := range map[string]string{
		"":                          "is empty",
		"h/a/b":                     "scheme",
		"http://h/a":                "rtsp, rtsps, rtmp, rtmps",
		"file:///etc/passwd":        "scheme",
		"rtmp:///a/b":               "no host",
		"rtmp://h":                  "names no stream",
		"rtmp://h:0/a/b":            "port",
		"rtmp://h:/a/b":             "port",
		"rtsp://h:99999/":           "port",
		"rtsp://h:http/":            "no URL",
		"rtsp://u:geheim#1@h/":      "",
		"rtsp://u:geheim\x01@h/":    "control",
		"rtmp://h/a/b rtmp://h/a/c": "more than one",
		"rtsp://u:geheim%zz@h/":     "%40",
		"rtsp://h/" + string(make([]byte, maxURL)): "10240",
	} {
		_, err := ParseURL(bad)
		var invalid *InvalidError
		if !errors.As(err, &invalid) || invalid.Field != "FromUrl" || !strings.Contains(err.Error(), want) {
			t.Errorf("%.50q: %v", bad, err)
		}
		if err != nil && strings.Contains(err.Error(), "geheim") {
			t.Errorf("%q: the secret is in %v", bad, err)
		}
	}
}

func TestMask(t *testing.T) {
	for in, want := range map[string]string{
		"rtsp://h/x":                          "rtsp://h/x",
		"rtsp://u@h/x":                        "rtsp://u@h/x",
		"rtsp://u:p@h:554/x":                  "rtsp://u:***@h:554/x",
		"rtmp://h/a/b?x=1&y=&z":               "rtmp://h/a/b?x=***&y=***&***",
		"rtsp://h/user=u_password=p_ch=1.sdp": "rtsp://h/user=u_password=***_ch=1.sdp",
		"rtsp://h/PWD=p":                      "rtsp://h/PWD=***",
		"rtsp://h/user=u&password%3Dp&ch=1":   "rtsp://h/user=u&password%3D***&ch=1",
		"rtsp://h/password=a_b_ch=1_x=2.sdp":  "rtsp://h/password=***_ch=1_x=2.sdp",
		"rtsp://h/password=a_b":               "rtsp://h/password=***",
		"rtsp://h:x/":                         "***",
	} {
		if got := Mask(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// FuzzMask: neither what is shown nor an error that quotes an address has the password or a value of the query.
func FuzzMask(f *testing.F) {
	f.Add("admin", "p@ss w%rd", "token", "a&b=c", "cam/1")
	f.Add("", "x", "", "", "password=1_2")
	f.Add("***", "rtsp", "k", "***", "pwd=pwd=pwd=")
	f.Fuzz(func(t *testing.T, user, password, name, value, path string) {
		const mark = "Geheimnis"
		u := &url.URL{
			Scheme: "rtsp", Host: "h", User: url.UserPassword(user, mark+password), Path: "/" + path,
			RawQuery: url.Values{name: {mark + value}}.Encode(),
		}
		if strings.Contains(user+path+name, "eheimni") {
			t.Skip()
		}
		text := u.String()
		if shown := Mask(text); strings.Contains(shown, mark) {
			t.Errorf("%s is shown as %s", text, shown)
		}
		parsed, err := ParseURL(text)
		if err != nil {
			if strings.Contains(err.Error(), mark) {
				t.Errorf("%s: %v", text, err)
			}
			return
		}
		if got := scrub("cannot play "+text+": "+mark+password+" is wrong", parsed); strings.Contains(got, mark) {
			t.Errorf("%s: %s", text, got)
		}
	})
}

// TestScrub: what another server or an error quotes of an address is not secret any more, in whatever form it does.
func TestScrub(t *testing.T) {
	u, err := ParseURL("rtsp://admin:ge/h%3Ai+m@h/user=a_password=gehe_im_ch=1/x?token=ge%2Fh:i%2Bm&k=v%20w")
	if err != nil {
		u, err = ParseURL("rtsp://admin:ge%2Fh%3Ai+m@h/user=a_password=gehe_im_ch=1/x?token=ge%2Fh:i%2Bm&k=v%20w")
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, quoted := range []string{
		u.String(), "ge/h:i+m", "ge%2Fh%3Ai+m", "ge%2Fh%3Ai%2Bm", "ge%2Fh:i%2Bm", "ge%2fh%3ai%2bm", "/user=a_password=gehe_im_ch=1/x is not there",
		"v w!", "v+w!", "PASSWORD%3dgehe_im", `parse "rtsp://h/user=a_password=gehe_im_ch=1/x": bad`,
	} {
		got := scrub("no: "+quoted, u)
		for _, secret := range []string{"ge/h", "ge%2F", "ge%2f", "gehe", "_im", "v w", "v+w"} {
			if strings.Contains(got, secret) {
				t.Errorf("%s: %s", quoted, got)
			}
		}
	}
}
