package rtmp

import (
	"bytes"
	"slices"
	"testing"

	"github.com/yutopp/go-rtmp/message"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
)

// fourCCOf returns the code of a codec in enhanced RTMP, and the body of its sequence header; nil where it has none.
func fourCCOf(c media.Codec) (code string, config []byte) {
	for code, name := range fourCCs {
		if name != c.Name() {
			continue
		}
		switch c := c.(type) {
		case *media.MP3, *media.AC3:
			return code, nil
		case interface{ Record() []byte }:
			return code, c.Record()
		}
		return code, c.Config()
	}
	return "", nil
}

// frameBody is what follows the head of a message: the composition time, where one is sent, and the payload.
func frameBody(u *media.Unit) []byte {
	if name := u.Track.Codec.Name(); name != "h264" && name != "h265" {
		return u.Payload
	}
	cts := u.PTS - u.DTS
	return append([]byte{byte(cts >> 16), byte(cts >> 8), byte(cts)}, u.Payload...)
}

// enhanced makes the body of an enhanced message of one track in a form: "plain", "one" or "many" for multitrack messages of one track or
// in the form of many, "codecs" for the one in which each track has its code. kind is packetConfig or packetFrames.
func enhanced(u *media.Unit, form string, id, kind byte, body []byte) []byte {
	code, _ := fourCCOf(u.Track.Codec)
	first, multi := byte(enhancedVideo|frameKey<<4), byte(packetMultitrackVideo)
	if !u.RandomAccess {
		first = enhancedVideo | 2<<4
	}
	if u.Track.Codec.Kind() == media.Audio {
		first, multi = audioEnhanced<<4, packetMultitrackAudio
	}
	size := []byte{byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}
	switch form {
	case "one":
		return cat([]byte{first | multi, oneTrack<<4 | kind}, []byte(code), []byte{id}, body)
	case "many":
		return cat([]byte{first | multi, 1<<4 | kind}, []byte(code), []byte{id}, size, body)
	case "codecs":
		return cat([]byte{first | multi, manyCodecs<<4 | kind}, []byte(code), []byte{id}, size, body)
	}
	return cat([]byte{first | kind}, []byte(code), body)
}

// legacy makes the body of a message in the form that FLV has always had, of the codecs that have one.
func legacy(u *media.Unit, kind byte, body []byte) []byte {
	switch c := u.Track.Codec.(type) {
	case *media.H264:
		first := byte(2<<4 | videoAVC)
		if u.RandomAccess {
			first = frameKey<<4 | videoAVC
		}
		if kind == packetConfig {
			body = cat([]byte{0, 0, 0}, body)
		}
		return cat([]byte{first, kind}, body)
	case *media.AAC:
		return cat([]byte{audioAAC<<4 | 15, kind}, body)
	case *media.MP3:
		return cat([]byte{0x2f}, body)
	case *media.G711:
		return cat([]byte{map[string]byte{"g711a": 0x72, "g711u": 0x82}[c.Name()]}, body)
	}
	return nil
}

// messages are the messages of a track in a form, its sequence header first.
func messages(units []*media.Unit, form string, id byte) (out []rtmpMessage) {
	add := func(u *media.Unit, kind byte, body []byte) {
		m := rtmpMessage{kind: message.TypeIDVideoMessage, time: uint32(u.DTS)}
		if u.Track.Codec.Kind() == media.Audio {
			m.kind = message.TypeIDAudioMessage
		}
		if m.body = enhanced(u, form, id, kind, body); form == "legacy" {
			m.body = legacy(u, kind, body)
		}
		out = append(out, m)
	}
	if _, config := fourCCOf(units[0].Track.Codec); len(config) > 0 {
		add(units[0], packetConfig, config)
	}
	for _, u := range units {
		add(u, packetFrames, frameBody(u))
	}
	return out
}

// encoded returns units of a codec: those that ffmpeg makes now, or those that it made for mediatest.
func encoded(t *testing.T, name string) []*media.Unit {
	switch name {
	case "h264", "h265", "aac":
		return mediatest.Units(mediatest.Track(name, 1, timescale), 40, 0)
	}
	return mediatest.Encode(t, name, 1, timescale, "-t", "1")
}

// push publishes messages and returns what the stream got.
func (f *fixture) push(t *testing.T, name string, list []rtmpMessage, want int) *recorded {
	t.Helper()
	c := f.dial()
	c.begin(name)
	c.setChunk(4096)
	for _, m := range list {
		c.message(6, m.time, byte(m.kind), 1, m.body)
	}
	got := f.named(name)
	eventually(t, name+": all units", func() bool { units, _ := got.take(); return len(units) >= want })
	_ = c.Close()
	got.ended(t)
	return got
}

// compareUnits checks that units of one track arrived as they were sent.
func compareUnits(t *testing.T, what string, got, want []*media.Unit) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d units, want %d", what, len(got), len(want))
		return
	}
	for i, w := range want {
		g := got[i]
		if !bytes.Equal(g.Payload, w.Payload) || g.DTS != w.DTS || g.PTS != w.PTS || g.RandomAccess != w.RandomAccess {
			t.Errorf("%s: unit %d: DTS %d, PTS %d, random access %v, %d bytes; want %d, %d, %v, %d", what, i,
				g.DTS, g.PTS, g.RandomAccess, len(g.Payload), w.DTS, w.PTS, w.RandomAccess, len(w.Payload))
			return
		}
		if !media.SameParameters(g.Track.Codec, w.Track.Codec) {
			t.Errorf("%s: unit %d: %s % x, want %s % x", what, i, g.Track.Codec.Name(), g.Track.Codec.Config(), w.Track.Codec.Name(), w.Track.Codec.Config())
			return
		}
	}
}

// TestEveryCodec pushes each codec in each form that there is for it. ffmpeg 5.1 codes but cannot send enhanced RTMP: this client does.
func TestEveryCodec(t *testing.T) {
	f := start(t, nil)
	for _, name := range mediatest.Codecs() {
		units := encoded(t, name)
		forms := []string{"plain", "one", "many", "codecs", "legacy"}
		switch name {
		case "g711a", "g711u":
			forms = forms[4:]
		case "h264", "aac", "mp3":
		default:
			forms = forms[:4]
		}
		for _, form := range forms {
			got := f.push(t, name+"-"+form, messages(units, form, 0), len(units))
			list, _ := got.take()
			compareUnits(t, name+" "+form, list, units)
			if tracks := got.Tracks(); len(tracks) != 1 || tracks[0].ID != int(units[0].Track.Codec.Kind()) {
				t.Errorf("%s %s: %d tracks, the first with ID %d", name, form, len(tracks), tracks[0].ID)
			}
		}
	}
	if f.log.count("WARN") > 0 {
		t.Errorf("warnings:\n%s", f.log)
	}
}

// TestManyTracks pushes two tracks of pictures and as many of sound as there are codecs, all at once.
func TestManyTracks(t *testing.T) {
	f := start(t, nil)
	sent := map[int][]*media.Unit{}
	var list []rtmpMessage
	ids := map[media.Kind]byte{}
	for _, name := range []string{"h264", "av1", "vp9", "vp8", "h265", "aac", "opus", "mp3", "ac3", "aac", "opus"} {
		units := mediatest.Units(mediatest.Track(name, 1, timescale), 30, 0)
		kind := units[0].Track.Codec.Kind()
		id := ids[kind]
		ids[kind]++
		form := []string{"plain", "one", "many", "codecs"}[min(id, 3)]
		list = append(list, messages(units, form, id)...)
		sent[2*int(id)+int(kind)] = units
	}
	slices.SortStableFunc(list, func(a, b rtmpMessage) int { return int(a.time) - int(b.time) })
	total := 0
	for _, units := range sent {
		total += len(units)
	}
	got, _ := f.push(t, "many", list, total).take()
	for id, units := range sent {
		compareUnits(t, units[0].Track.Codec.Name(), slices.DeleteFunc(slices.Clone(got), func(u *media.Unit) bool { return u.Track.ID != id }), units)
	}
}

// TestWithoutSequenceHeader pushes codecs that tell themselves without announcing them, pictures from the middle of a GOP on, and
// in the forms that other encoders use.
func TestWithoutSequenceHeader(t *testing.T) {
	f := start(t, nil)
	for _, name := range []string{"av1", "vp9", "vp8", "opus", "mp3", "ac3"} {
		units := mediatest.Units(mediatest.Track(name, 1, timescale), 30, 0)
		list := messages(units, "plain", 0)
		list = list[len(list)-len(units)+3:]
		want := units[3:]
		if units[0].Track.Codec.Kind() == media.Video {
			want = units[mediatest.GOP:]
		}
		if name == "av1" { // a temporal delimiter in front
			for i := range list {
				list[i].body = cat(list[i].body[:5], []byte{0x12, 0}, list[i].body[5:])
			}
		}
		got, _ := f.push(t, name, list, len(want)).take()
		if name == "opus" {
			for _, u := range got {
				if c := u.Track.Codec.(*media.Opus); c.Channels() != 2 || c.PreSkip() != 0 {
					t.Fatalf("opus: %d channels", c.Channels())
				}
				u.Track = units[0].Track // that has a pre-skip
			}
		}
		compareUnits(t, name, got, want)
	}
}

// TestNewParameters checks that parameters which change in the midst of frames make a new track, and nothing else does.
func TestNewParameters(t *testing.T) {
	f := start(t, nil)
	for name, args := range map[string][]string{
		"vp8": {"-s", "160x120"}, "vp9": {"-s", "160x120"}, "av1": {"-s", "160x120"}, "mp3": {"-ac", "1"}, "ac3": {"-ar", "44100"},
	} {
		units := mediatest.Units(mediatest.Track(name, 1, timescale), 20, 0)
		other := mediatest.Encode(t, name, 1, timescale, append([]string{"-t", "0.5"}, args...)...)
		for _, u := range other {
			u.DTS += 2000
			u.PTS += 2000
		}
		all := append(slices.Clone(units), other...)
		list := messages(units, "plain", 0)
		list = append(list, messages(other, "plain", 0)...)
		got, _ := f.push(t, name, list, len(all)).take()
		compareUnits(t, name, got, all)
		tracks := map[*media.Track]bool{}
		for _, u := range got {
			tracks[u.Track] = true
		}
		if len(tracks) != 2 {
			t.Errorf("%s: %d tracks", name, len(tracks))
		}
	}
	stereo := []rtmpMessage{{kind: audioKind, body: []byte("\x72aa")}, {kind: audioKind, body: []byte("\x73aa")}}
	got, _ := f.push(t, "g711", stereo, 2).take()
	if a, b := got[0].Track.Codec.(*media.G711), got[1].Track.Codec.(*media.G711); a.Channels() != 1 || b.Channels() != 2 {
		t.Errorf("G.711: %d and %d channels", a.Channels(), b.Channels())
	}
}

// TestPromisedTracks checks what a stream is told of tracks to come.
func TestPromisedTracks(t *testing.T) {
	f := start(t, nil)
	meta := amf("onMetaData", []property{
		{"videocodecid", 7.0},
		{"audiocodecid", 10.0},
		{"audioTrackIdInfoMap", []property{{"0", []property{{"channels", 2.0}}}, {"1", []property{{"channels", 1.0}}}, {"2", []property{}}}},
	})
	vp9 := mediatest.Units(mediatest.Track("vp9", 1, timescale), 1, 0)
	list := []rtmpMessage{{kind: message.TypeIDDataMessageAMF0, body: meta}}
	for id := range byte(2) {
		list = append(list, messages(vp9[:1], "one", id)[0])
	}
	got := f.push(t, "promised", append(list, messages(mediatest.Units(mediatest.Track("mp3", 1, timescale), 1, 0), "plain", 0)...), 1)
	if e := got.Expected(); !e.Known || !e.Video || !e.Audio || e.Videos != 2 || e.Audios != 3 {
		t.Errorf("%+v", e)
	}
}

// TestCapabilities checks that what is promised is what is taken.
func TestCapabilities(t *testing.T) {
	var codes []string
	for _, p := range capabilities(object{"capsEx": 2.0}) {
		switch v := p.value.(type) {
		case []any:
			for _, c := range v {
				codes = append(codes, c.(string))
			}
		case []property:
			for _, c := range v {
				if !slices.Contains(codes, c.name) || c.value != 4.0 {
					t.Errorf("%s: %s %v", p.name, c.name, c.value)
				}
			}
		}
	}
	if len(codes) != len(fourCCs) {
		t.Errorf("%q", codes)
	}
	for _, c := range codes {
		if fourCCs[c] == "" {
			t.Errorf("%s is promised", c)
		}
	}
	if got := capabilities(object{"app": "live"}); got != nil {
		t.Errorf("an encoder that does not ask is told %v", got)
	}
}
