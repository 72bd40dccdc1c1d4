package flv_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
	"aircheck/recorder/flv"
)

// TestRoom checks what a file has no room for.
func TestRoom(t *testing.T) {
	slow := &media.Track{ID: 3, Timescale: 1000}
	slow.Codec, _ = media.New("g711a", media.Audio, media.SoundConfig(16000, 1))
	var crowd []*media.Track
	for i := range 65 {
		crowd = append(crowd, mediatest.AAC(1+i, 1000))
	}
	for name, c := range map[string]struct {
		tracks []*media.Track
		says   string
	}{
		"two of G.711":     {[]*media.Track{mediatest.Track("g711a", 1, 1000), mediatest.Track("g711u", 3, 1000)}, "track 3"},
		"G.711 of 16 kHz":  {[]*media.Track{slow}, "track 3"},
		"too many to list": {crowd, "65"},
	} {
		_, err := flv.Format{}.NewWriter(c.tracks)
		if !errors.Is(err, container.ErrUnsupported) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTags checks the first bytes of the tags of each codec, as the first track of its kind and as the second (Enhanced RTMP version
// 2, "ExAudioTagHeader", "ExVideoTagHeader"): its sequence header, if it has one, and its first unit.
func TestTags(t *testing.T) {
	for name, want := range map[string][4]string{
		"h264":  {"\x17\x00\x00\x00\x00\x01", "\x17\x01\x00\x00\x28", "\x96\x00avc1\x01\x01", "\x96\x01avc1\x01\x00\x00\x28"},
		"h265":  {"\x90hvc1\x01", "\x91hvc1\x00\x00\x28", "\x96\x00hvc1\x01\x01", "\x96\x01hvc1\x01\x00\x00\x28"},
		"av1":   {"\x90av01\x81\x00\x0c\x00", "\x91av01\x0a\x0a", "\x96\x00av01\x01\x81", "\x96\x01av01\x01\x0a\x0a"},
		"vp9":   {"\x90vp09\x00\x0a\x82\x02\x02\x02\x00\x00", "\x91vp09\x82\x49\x83\x42", "\x96\x00vp09\x01\x00\x0a", "\x96\x01vp09\x01\x82\x49"},
		"vp8":   {"\x90vp08\x00\x0a\x82\x06\x06\x06\x00\x00", "\x91vp08", "\x96\x00vp08\x01\x00\x0a", "\x96\x01vp08\x01"},
		"aac":   {"\xaf\x00\x11\x90", "\xaf\x01", "\x95\x00mp4a\x01\x11\x90", "\x95\x01mp4a\x01"},
		"opus":  {"\x90OpusOpusHead\x01\x02", "\x91Opus\x7c", "\x95\x00Opus\x01OpusHead", "\x95\x01Opus\x01\x7c"},
		"mp3":   {"", "\x2f\xff\xfb", "", "\x95\x01.mp3\x01\xff\xfb"},
		"ac3":   {"", "\x91ac-3\x0b\x77", "", "\x95\x01ac-3\x01\x0b\x77"},
		"g711a": {"", "\x72", "", ""},
		"g711u": {"", "\x82", "", ""},
	} {
		one := mediatest.Units(mediatest.Track(name, 1, 1000), 1, 0)
		data, _ := write(t, []*media.Track{one[0].Track}, one)
		expectTags(t, name, data, want[0], want[1])
		if want[3] == "" {
			continue
		}
		first, second := mediatest.Track(name, 1, 1000), mediatest.Track(name, 2, 1000)
		two := append(mediatest.Units(second, 1, 0), one...)
		data, _ = write(t, []*media.Track{first, second}, two[:1])
		head := []string{want[0], want[2]}
		if want[0] == "" {
			head = nil
		}
		expectTags(t, "second of "+name, data, append(head, want[3])...)
	}
}

// expectTags checks what the tags behind onMetaData begin with.
func expectTags(t *testing.T, what string, data []byte, want ...string) {
	t.Helper()
	want = slices.DeleteFunc(want, func(s string) bool { return s == "" })
	at := 13 + 11 + 16<<10 + 4
	for i, w := range want {
		if at >= len(data) {
			t.Errorf("%s: %d tags, want %d", what, i, len(want))
			return
		}
		size := int(data[at+1])<<16 | int(data[at+2])<<8 | int(data[at+3])
		if tag := data[at+11 : at+11+size]; !bytes.HasPrefix(tag, []byte(w)) {
			t.Errorf("%s: tag %d is % x, want % x", what, i, tag[:min(len(tag), 16)], w)
		}
		at += 11 + size + 4
	}
	if at != len(data) {
		t.Errorf("%s: more than %d tags", what, len(want))
	}
}

// TestNumberless checks that the track that has a number but no fourCC is the one in plain tags, wherever it stands.
func TestNumberless(t *testing.T) {
	aac, law := mediatest.AAC(1, 1000), mediatest.Track("g711u", 2, 1000)
	data, _ := write(t, []*media.Track{aac, law}, append(mediatest.Units(aac, 1, 0), mediatest.Units(law, 1, 0)...))
	expectTags(t, "G.711 behind AAC", data, "\x95\x00mp4a\x01", "\x95\x01mp4a\x01", "\x82")
}

// TestTrackMaps checks what onMetaData says of several tracks (Enhanced RTMP version 2, "Enhancing onMetaData").
func TestTrackMaps(t *testing.T) {
	tracks := []*media.Track{mediatest.H264(1, 1000), mediatest.AAC(2, 1000), mediatest.Track("vp9", 3, 1000), mediatest.Track("mp3", 4, 1000)}
	data, _ := write(t, tracks, mediatest.Units(tracks[0], 1, 0))
	m := metadata(t, data)
	checkValues(t, "first tracks", m, map[string]any{"videocodecid": 7., "audiocodecid": 10., "height": 48.})
	code := func(s string) float64 { return float64(binary.BigEndian.Uint32([]byte(s))) }
	checkValues(t, "pictures", m["videoTrackIdInfoMap"].(map[string]any)["1"].(map[string]any),
		map[string]any{"videocodecid": code("vp09"), "width": 64., "height": 48.})
	checkValues(t, "sound", m["audioTrackIdInfoMap"].(map[string]any)["1"].(map[string]any),
		map[string]any{"audiocodecid": code(".mp3"), "channels": 2., "samplerate": 48000.})
	if list := m["tracks"].([]any); len(list) != 4 || list[2] != "video 1 vp9 000a82020202000000400030" || list[0] != "video 0 h264" {
		t.Errorf("list: %v", list)
	}
}

// TestWithoutList reads a file whose onMetaData is lost: tracks are told by what they hold.
func TestWithoutList(t *testing.T) {
	var units []*media.Unit
	var tracks []*media.Track
	for i, name := range all[:10] {
		tracks = append(tracks, mediatest.Track(name, 1+i, 1000))
		units = append(units, mediatest.Units(tracks[i], 3, 0)...)
	}
	data, _ := write(t, tracks, units)
	clear(data[13+11 : 13+11+16<<10])
	n := 0
	for u, err := range (flv.Format{}).Read(bytes.NewReader(data), int64(len(data))) {
		if err != nil {
			t.Fatal(err)
		}
		if w := units[n]; !bytes.Equal(u.Payload, w.Payload) || !media.SameParameters(u.Track.Codec, w.Track.Codec) {
			t.Errorf("unit %d: %s % x, want %s % x", n, u.Track.Codec.Name(), u.Track.Codec.Config(), w.Track.Codec.Name(), w.Track.Codec.Config())
		}
		n++
	}
	if n != len(units) {
		t.Errorf("%d units, want %d", n, len(units))
	}
}

// TestBadList checks that a list which makes no sense is left alone.
func TestBadList(t *testing.T) {
	for _, list := range [][]string{
		{"video 0 h264", "video 0 h264"},
		{"video"},
		{"video x h264"},
		{"video 300 h264"},
		{"audio 0 mp3 zz"},
		{"audio 0 mp3 00"},
		{"audio 0 vp9 000a820202020000"},
		slices.Repeat([]string{"audio 0 aac"}, 100),
	} {
		tracks, err := flv.Format{}.Probe(bytes.NewReader(listed(list...)), int64(len(listed(list...))))
		if err != nil || len(tracks) != 1 || tracks[0].Codec.Name() != "aac" || tracks[0].ID != 1 {
			t.Errorf("%q: %d tracks, %v", list, len(tracks), err)
		}
	}
	data := listed("video 0 vp8 000a82060606000000400030", "audio 0 aac")
	tracks, err := flv.Format{}.Probe(bytes.NewReader(data), int64(len(data)))
	if err != nil || len(tracks) != 2 || tracks[0].Codec.Name() != "vp8" || tracks[1].ID != 2 {
		t.Errorf("a good list: %d tracks, %v", len(tracks), err)
	}
}

// listed returns a file of AAC with that list of tracks behind a few other properties.
func listed(list ...string) []byte {
	meta := []byte("\x02\x00\x0aonMetaData\x08\x00\x00\x00\x05" +
		"\x00\x01a\x00\x00\x00\x00\x00\x00\x00\x00\x00" + "\x00\x01b\x01\x01" + "\x00\x01c\x03\x00\x01x\x05\x00\x01y\x06\x00\x00\x09" +
		"\x00\x01d\x0a\x00\x00\x00\x01\x08\x00\x00\x00\x00\x00\x00\x09" + "\x00\x06tracks\x0a")
	meta = binary.BigEndian.AppendUint32(meta, uint32(len(list)))
	for _, s := range list {
		meta = append(binary.BigEndian.AppendUint16(append(meta, 2), uint16(len(s))), s...)
	}
	data := appendTag([]byte("FLV\x01\x04\x00\x00\x00\x09\x00\x00\x00\x00"), 18, 0, append(meta, 0, 0, 9))
	data = appendTag(data, 8, 0, append([]byte{0xaf, 0}, mediatest.AAC(1, 1000).Codec.Config()...))
	return appendTag(data, 8, 0, []byte{0xaf, 1, 9})
}
