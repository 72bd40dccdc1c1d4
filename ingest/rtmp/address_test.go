package rtmp

import (
	"testing"

	"aircheck/ingest/stream"
)

func TestAddress(t *testing.T) {
	for _, ca := range []struct {
		tcURL, app, name string
		want             address
	}{
		{"rtmp://push.example.com/live", "live", "show", address{"push.example.com", "live", "show", ""}},
		{"rtmp://push.example.com:1935/live", "live", "show?txSecret=a&txTime=b", address{"push.example.com", "live", "show", "txSecret=a&txTime=b"}},
		{"rtmp://h/live?vhost=v", "live?vhost=v", "show", address{"h", "live", "show", "vhost=v"}},
		{"rtmp://h/live?vhost=v", "live", "show?k=1", address{"h", "live", "show", "k=1&vhost=v"}},
		{"rtmp://h/a/b/", "a/b/", "/c/show", address{"h", "a/b/c", "show", ""}},
		{"rtmp://h/show", "show", "", address{"h", "live", "show", ""}},
		{"rtmp://h/live", "", "show", address{"h", "live", "show", ""}},
		{"rtmp://h", "", "show", address{"h", "live", "show", ""}},
		{"rtmp://[::1]:1935/live", "live", "show", address{"::1", "live", "show", ""}},
		{"rtmp://[::1]/live", "live", "show", address{"::1", "live", "show", ""}},
		{"rtmp://user:p@ss@h:1/live", "live", "show", address{"h", "live", "show", ""}},
		{"rtmp://h/live", "live", "caf%C3%A9", address{"h", "live", "café", ""}},
		{"rtmp://h/live", "live", "a%2Fb", address{"h", "live/a", "b", ""}},
		{"rtmp://h/live", "live", "100%", address{"h", "live", "100%", ""}},
		{"", "", "", address{"", "live", "", ""}},
		{"rtmp://h/live", "live", "show?a=1?b=2", address{"h", "live", "show", "a=1?b=2"}},
	} {
		got, err := parseAddress(ca.tcURL, ca.app, ca.name)
		if err != nil || got != ca.want {
			t.Errorf("%q, %q, %q: %+v, %v; want %+v", ca.tcURL, ca.app, ca.name, got, err, ca.want)
		}
	}
}

func TestMetadata(t *testing.T) {
	for _, ca := range []struct {
		name string
		body []byte
		want stream.Expected
	}{
		{
			"ffmpeg", amf("@setDataFrame", "onMetaData", []property{{"videocodecid", 7.0}, {"audiocodecid", 10.0}}),
			stream.Expected{Known: true, Video: true, Audio: true},
		},
		{"names", amf("onMetaData", []property{{"videocodecid", "avc1"}, {"audiocodecid", ""}}), stream.Expected{Known: true, Video: true}},
		{"a size", amf("onMetaData", []property{{"width", 1.0}}), stream.Expected{Known: true, Video: true}},
		{"a rate", amf("onMetaData", []property{{"audiosamplerate", 48000.0}}), stream.Expected{Known: true, Audio: true}},
		{
			"no sound", amf("onMetaData", []property{{"videocodecid", 7.0}, {"audiocodecid", 0.0}, {"audiosamplerate", 48000.0}}),
			stream.Expected{Known: true, Video: true},
		},
		{"flags", amf("onMetaData", []property{{"hasVideo", false}, {"hasAudio", true}, {"videocodecid", 7.0}}), stream.Expected{Known: true, Audio: true}},
		{
			"an array", cat(amf("onMetaData"), []byte{8, 0, 0, 0, 1, 0, 6}, []byte("height"), amf(1.0), []byte{0, 5}, []byte("width"), amf(2.0), []byte{0, 0, 9}),
			stream.Expected{Known: true, Video: true},
		},
		{"nothing", amf("onMetaData", []property{{"encoder", "x"}}), stream.Expected{}},
		{"null", amf("@setDataFrame", "onMetaData", nil), stream.Expected{}},
		{"text", amf("onTextData", []property{{"width", 1.0}}), stream.Expected{}},
		{"empty", nil, stream.Expected{}},
	} {
		s, _, _ := testSession(t)
		s.connected = true
		if err := s.publish(1, "key"); err != errPublished {
			t.Fatal(err)
		}
		s.metadata(ca.body)
		if got := s.stream.Expected(); got != ca.want {
			t.Errorf("%s: %+v, want %+v", ca.name, got, ca.want)
		}
	}
}

// TestEscapedQuery checks that a secret behind an escaped question mark becomes no part of a name, which is logged.
func TestEscapedQuery(t *testing.T) {
	want := address{"h", "live", "show", "txSecret=a&txTime=b"}
	if got, err := parseAddress("rtmp://h/live", "live", "show%3FtxSecret=a&txTime=b"); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}
