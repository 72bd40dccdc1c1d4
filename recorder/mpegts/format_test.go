package mpegts_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
)

// inspect reads a stream as ISO/IEC 13818-1 has it, knowing nothing of the package but what units went in.
func inspect(t *testing.T, r *recording) {
	t.Helper()
	in := inspector{t: t, next: map[int]byte{}}
	for i, w := range r.want {
		in.what = fmt.Sprintf("packet %d (%+v)", i, mpegtsHead(w))
		var payload []byte
		for at := w.Offset; at < w.End; at += 188 {
			payload = append(payload, in.packet(r.data[at:at+188], at == w.Offset || w.Tables)...)
			if w.Tables {
				in.table(payload, w, at > w.Offset)
				payload = nil
			}
		}
		if w.Tables {
			if w.Discontinuity {
				in.marked = map[int]bool{}
				for n := range w.tracks {
					in.marked[0x100+n] = true
				}
			}
			continue
		}
		in.unit(payload, w)
	}
}

func mpegtsHead(w want) string { return fmt.Sprintf("track %d, %d to %d", w.Track, w.Offset, w.End) }

type inspector struct {
	t       *testing.T
	what    string
	next    map[int]byte // continuity_counter by PID
	marked  map[int]bool
	version int
	pcrPID  int

	// What the first packet of a unit had.
	pid           int
	discontinuity bool
	random        bool
	pcr           int64 // -1 without
	private       []byte
}

func (in *inspector) fail(format string, args ...any) {
	in.t.Helper()
	in.t.Fatalf("%s: %s", in.what, fmt.Sprintf(format, args...))
}

// packet reads a TS packet and returns its payload.
func (in *inspector) packet(b []byte, start bool) []byte {
	in.t.Helper()
	if b[0] != 0x47 || b[1]&0xa0 != 0 || (b[1]&0x40 != 0) != start || b[3]&0xd0 != 0x10 {
		in.fail("TS header % x", b[:4])
	}
	pid := int(binary.BigEndian.Uint16(b[1:]) & 0x1fff)
	if next, ok := in.next[pid]; ok && next != b[3]&0xf {
		in.fail("continuity_counter %d, want %d", b[3]&0xf, next)
	}
	in.next[pid] = (b[3] + 1) & 0xf
	if start {
		in.pid, in.discontinuity, in.random, in.pcr, in.private = pid, false, false, -1, nil
	} else if pid != in.pid {
		in.fail("PID %#x among those of %#x", pid, in.pid)
	}
	if b[3]&0x20 == 0 {
		return b[4:]
	}
	n := int(b[4])
	if n > 182 {
		in.fail("adaptation field of %d bytes", n)
	}
	in.field(b[5:5+n], start)
	return b[5+n:]
}

func (in *inspector) field(b []byte, start bool) {
	in.t.Helper()
	if len(b) == 0 {
		return
	}
	flags := b[0]
	b = b[1:]
	if flags&^0xd2 != 0 || flags != 0 && !start {
		in.fail("adaptation field with flags %#x", flags)
	}
	in.discontinuity, in.random = in.discontinuity || flags&0x80 != 0, in.random || flags&0x40 != 0
	if flags&0x10 != 0 {
		if b[4]&0x7f != 0x7e || b[5] != 0 {
			in.fail("PCR % x", b[:6])
		}
		in.pcr = int64(binary.BigEndian.Uint32(b))<<1 | int64(b[4]>>7)
		b = b[6:]
	}
	if flags&0x02 != 0 {
		in.private = b[1 : 1+b[0]]
		b = b[1+b[0]:]
	}
	if len(bytes.Trim(b, "\xff")) > 0 {
		in.fail("stuffing % x", b)
	}
}

// crcTable is that of CRC-32/MPEG-2.
var crcTable = func() (table [256]uint32) {
	for i := range table {
		table[i] = uint32(i) << 24
		for range 8 {
			table[i] = table[i]<<1 ^ table[i]>>31*0x04c11db7
		}
	}
	return table
}()

// table reads a PAT or a PMT.
func (in *inspector) table(b []byte, w want, pmt bool) {
	in.t.Helper()
	if in.discontinuity != w.Discontinuity || in.pcr >= 0 || in.random {
		in.fail("discontinuity %v", in.discontinuity)
	}
	size := int(binary.BigEndian.Uint16(b[2:])&0xfff) + 3
	section := b[1 : 1+size]
	crc := ^uint32(0)
	for _, c := range section {
		crc = crc<<8 ^ crcTable[byte(crc>>24)^c]
	}
	if b[0] != 0 || section[1]&0xf0 != 0xb0 || crc != 0 || len(bytes.Trim(b[1+size:], "\xff")) > 0 {
		in.fail("section % x", b)
	}
	if !pmt {
		if in.pid != 0 || section[0] != 0 || !bytes.Equal(section[3:12], []byte{0, 1, 0xc1, 0, 0, 0, 1, 0xf0, 0}) || size != 16 {
			in.fail("PAT % x", section)
		}
		return
	}
	if w.Changed {
		in.version = (in.version + 1) % 32
	}
	if in.pid != 0x1000 || section[0] != 2 || section[5] != 0xc1|byte(in.version)<<1 || section[10] != 0xf0 || section[11] != 0 {
		in.fail("PMT % x, version %d", section, in.version)
	}
	in.pcrPID = int(binary.BigEndian.Uint16(section[8:]) & 0x1fff)
	clock := max(slices.IndexFunc(w.tracks, func(t *media.Track) bool { return t.Codec.Kind() == media.Video }), 0)
	if in.pcrPID != 0x100+clock {
		in.fail("PCR PID %#x", in.pcrPID)
	}
	rest := section[12:]
	for i, track := range w.tracks {
		want := []byte{streamType(track.Codec), 0xe1, byte(i), 0xf0, 0}
		if track.Codec.Name() == "ac3" {
			want = append(append(want[:4], 6), "\x05\x04AC-3"...)
		}
		if !bytes.HasPrefix(rest, want) {
			in.fail("stream % x, want % x", rest, want)
		}
		rest = rest[min(len(want), len(rest)):]
	}
	if len(rest) != 4 {
		in.fail("PMT % x", section)
	}
}

// streamType returns the stream_type of a codec.
func streamType(c media.Codec) byte {
	if mp3, ok := c.(*media.MP3); ok && mp3.SampleRate() < 32000 {
		return 0x04
	}
	return map[string]byte{"h264": 0x1b, "aac": 0x0f, "mp3": 0x03, "ac3": 0x81}[c.Name()]
}

// streamID reports whether a PES packet of a codec may have that stream_id.
func streamID(c media.Codec, id byte) bool {
	switch {
	case c.Kind() == media.Video:
		return id&0xf0 == 0xe0
	case c.Name() == "ac3":
		return id == 0xbd
	}
	return id&0xe0 == 0xc0
}

// unit reads a PES packet.
func (in *inspector) unit(b []byte, w want) {
	in.t.Helper()
	pid, video := 0x100+w.Track, w.unit.Track.Codec.Kind() == media.Video
	if in.pid != pid || in.discontinuity != in.marked[pid] {
		in.fail("PID %#x, discontinuity %v", in.pid, in.discontinuity)
	}
	delete(in.marked, pid)
	if pcr := (w.DTS - 63000 + 1<<33) % (1 << 33); (in.pcr >= 0) != (pid == in.pcrPID) || in.pcr >= 0 && in.pcr != pcr {
		in.fail("PCR %d, want %d", in.pcr, pcr)
	}
	alone := !slices.ContainsFunc(w.tracks, func(t *media.Track) bool { return t.Codec.Kind() == media.Video })
	if in.random != (video && w.RandomAccess || alone) {
		in.fail("random access %v", in.random)
	}
	if !bytes.Equal(b[:3], []byte{0, 0, 1}) || !streamID(w.unit.Track.Codec, b[3]) || b[6] != 0x84 {
		in.fail("PES header % x", b[:19])
	}
	if length := int(binary.BigEndian.Uint16(b[4:])); length != len(b)-6 {
		private := append([]byte("AcLn"), byte((len(b)-6)>>24), byte((len(b)-6)>>16), byte((len(b)-6)>>8), byte(len(b)-6))
		if length != 0 || len(b)-6 <= 65535 || !bytes.Equal(in.private, private) {
			in.fail("PES packet of %d bytes says %d and % x", len(b), length, in.private)
		}
	}
	stamp := func(at int, prefix byte) int64 {
		t := b[at:]
		if t[0]>>4 != prefix || t[0]&t[2]&t[4]&1 == 0 {
			in.fail("time % x", t[:5])
		}
		return int64(t[0]>>1&7)<<30 | int64(t[1])<<22 | int64(t[2]>>1)<<15 | int64(t[3])<<7 | int64(t[4]>>1)
	}
	if w.DTS == w.PTS {
		if b[7] != 0x80 || b[8] != 5 || stamp(9, 2) != w.PTS {
			in.fail("PES header % x", b[:19])
		}
	} else if b[7] != 0xc0 || b[8] != 10 || stamp(9, 3) != w.PTS || stamp(14, 1) != w.DTS {
		in.fail("PES header % x", b[:19])
	}
}

// TestInspected lets the checker above look at what the other tests write.
func TestInspected(t *testing.T) { inspect(t, small(t)) }

// TestPlayers has ffmpeg and ffprobe read streams: without a word, with the times and pictures of the source.
func TestPlayers(t *testing.T) {
	for name, c := range map[string]struct {
		rate  string
		shift int64
		grow  int
		args  []string
	}{
		"25 fps":           {"25", 10 * clock, 0, []string{"-c:v", "libx264", "-preset", "veryfast", "-g", "30", "-bf", "2", "-c:a", "aac"}},
		"open GOP":         {"30000/1001", 10 * clock, 0, []string{"-c:v", "libx264", "-g", "30", "-bf", "3", "-x264-params", "open-gop=1", "-c:a", "aac"}},
		"no B-frames":      {"25", 10 * clock, 0, []string{"-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-c:a", "aac", "-ar", "44100"}},
		"sound only":       {"25", 10 * clock, 0, []string{"-vn", "-c:a", "aac"}},
		"pictures only":    {"25", 10 * clock, 0, []string{"-an", "-c:v", "libx264"}},
		"own delimiters":   {"25", 10 * clock, 0, []string{"-c:v", "libx264", "-x264-params", "aud=1:repeat-headers=1", "-c:a", "aac"}},
		"large":            {"25", 10 * clock, 100000, []string{"-c:v", "libx264", "-preset", "veryfast", "-g", "30", "-c:a", "aac"}},
		"very large":       {"5", 10 * clock, 8 << 20, []string{"-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac"}},
		"times go round":   {"25", 1<<33 - clock, 0, []string{"-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac"}},
		"times near zero":  {"25", 0, 0, []string{"-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac"}},
		"720p, high rates": {"50", 10 * clock, 0, []string{"-t", "1", "-vf", "scale=1280:720", "-c:v", "libx264", "-preset", "ultrafast", "-qp", "10", "-c:a", "aac", "-b:a", "320k"}},
	} {
		t.Run(name, func(t *testing.T) {
			source := mediatest.Clip(t, "source.flv", c.rate, append([]string{"-t", "3"}, c.args...)...)
			tracks, units := readFLV(t, source)
			for i := len(units) / 2; c.grow > 0 && i < len(units); i += 30 {
				grow(units, i, c.grow)
			}
			r := begin(t, tracks...)
			r.segments(units, c.shift, false)
			inspect(t, r)
			path := save(t, r.data)
			mediatest.Run(t, "ffmpeg", "-v", "warning", "-i", path, "-map", "0", "-c", "copy", "-f", "null", "-")
			comparePackets(t, r, probe(t, path))
			if got, want := frames(t, path), frames(t, source); !slices.Equal(got, want) {
				t.Errorf("%d frames, want those %d of the source", len(got), len(want))
			}
		})
	}
}

// TestPlayersChange has ffmpeg read a stream whose tracks and times change.
func TestPlayersChange(t *testing.T) {
	h264, aac := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	r := begin(t, h264, aac)
	units := mediatest.Interleave(mediatest.Pictures(h264, 50, 0, 40), mediatest.Sound(aac, 90, 0))
	r.segments(units, 10*clock, false)
	r.setTracks(h264, aac)
	r.segments(units, 12*clock, true)
	r.setTracks(h264)
	r.segments(mediatest.Pictures(h264, 50, 0, 40), 14*clock, true)
	r.setTracks(h264, aac)
	r.segments(units, 16*clock, true)
	inspect(t, r)
	path := save(t, r.data)
	mediatest.Run(t, "ffmpeg", "-v", "warning", "-i", path, "-f", "null", "-")
	comparePackets(t, r, probe(t, path))
}

func save(t *testing.T, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "media.ts")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// probed is a packet as ffprobe shows it.
type probed struct {
	Type  string `json:"codec_type"`
	PTS   int64
	DTS   int64
	Flags string
	Pos   string
}

func probe(t *testing.T, path string) []probed {
	t.Helper()
	var list struct{ Packets []probed }
	if err := json.Unmarshal(mediatest.Run(t, "ffprobe", "-v", "warning", "-show_packets", "-of", "json", path), &list); err != nil {
		t.Fatal(err)
	}
	return list.Packets
}

// comparePackets holds ffprobe's packets against the units, track by track. ffprobe lets times go on beyond 33 bits, or below zero.
func comparePackets(t *testing.T, r *recording, got []probed) {
	t.Helper()
	for track, kind := range []string{"video", "audio"} {
		rest := slices.DeleteFunc(slices.Clone(got), func(p probed) bool { return p.Type != kind })
		for i, w := range r.want {
			if w.Tables || w.unit.Track.Codec.Kind().String() != kind {
				continue
			}
			if len(rest) == 0 {
				t.Errorf("%s: ffprobe shows no packet for unit %d", kind, i)
				return
			}
			p := rest[0]
			rest = rest[1:]
			if p.DTS&timeMask != w.DTS || p.PTS&timeMask != w.PTS || p.Pos != fmt.Sprint(w.Offset) ||
				strings.Contains(p.Flags, "K") != w.RandomAccess {
				t.Errorf("track %d: unit %d is %+v, want %d, %d", track, i, p, w.DTS, w.PTS)
				return
			}
		}
		if len(rest) > 0 {
			t.Errorf("%s: ffprobe shows %d packets more", kind, len(rest))
		}
	}
}

// frames decodes a file, which must not make ffmpeg complain, and returns the hashes of its frames, stream by stream.
func frames(t *testing.T, path string) (out []string) {
	t.Helper()
	for line := range strings.Lines(string(mediatest.Run(t, "ffmpeg", "-v", "warning", "-i", path, "-fps_mode", "passthrough", "-f", "framemd5", "-"))) {
		if cells := strings.Split(strings.TrimSpace(line), ","); len(cells) >= 6 {
			out = append(out, cells[0]+cells[len(cells)-1])
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return int(a[0]) - int(b[0]) })
	return out
}

// readFLV reads the units of a file that ffmpeg wrote: pictures on track 1, sound on track 2.
func readFLV(t *testing.T, path string) (tracks []*media.Track, units []*media.Unit) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := map[int]*media.Track{}
	for b := data[13:]; len(b) > 0; {
		size := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
		at := int64(b[7])<<24 | int64(b[4])<<16 | int64(b[5])<<8 | int64(b[6])
		id, name, head, body := 0, "", 0, b[11:11+size]
		switch b[0] {
		case 9:
			id, name, head = 1, "h264", 5
		case 8:
			id, name, head = 2, "aac", 2
		}
		b = b[11+size+4:]
		if id == 0 || len(body) <= head {
			continue
		}
		if body[1] == 0 {
			codec, err := media.New(name, 0, body[head:])
			if err != nil {
				t.Fatal(err)
			}
			found[id] = &media.Track{ID: id, Codec: codec, Timescale: 1000}
			tracks = append(tracks, found[id])
			continue
		}
		u := &media.Unit{Track: found[id], DTS: at, PTS: at, RandomAccess: true, Payload: body[head:]}
		if id == 1 {
			u.RandomAccess = found[id].Codec.RandomAccess(u.Payload)
			u.PTS += int64(int32(uint32(body[2])<<24|uint32(body[3])<<16|uint32(body[4])<<8) >> 8)
		}
		units = append(units, u)
	}
	slices.SortFunc(tracks, func(a, b *media.Track) int { return a.ID - b.ID })
	return tracks, units
}
