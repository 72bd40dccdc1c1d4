package rtsp

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/sdp"
	"github.com/pion/rtp"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
)

// link is a track on its way over RTP: described, packetized, and put together again.
type link struct {
	out  *outTrack
	in   *rtpTrack
	recv receiver
}

func newLink(t testing.TB, track *media.Track) *link {
	t.Helper()
	desc, out := describe([]*media.Track{track})
	if len(out) != 1 {
		t.Fatalf("%s is not described", track.Codec.Name())
	}
	l := &link{out: out[0], recv: receiver{slabs: &media.Slabs{Poison: true}}}
	f := reread(t, desc)
	in, err := l.recv.add(f)
	if err != nil || in == nil {
		t.Fatalf("%s: %v, %v", track.Codec.Name(), in, err)
	}
	l.in = in
	return l
}

// reread writes a description and reads it again.
func reread(t testing.TB, desc *description.Session) format.Format {
	t.Helper()
	text, err := desc.Marshal(false)
	if err != nil {
		t.Fatal(err)
	}
	var s sdp.SessionDescription
	if err := s.Unmarshal(text); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var again description.Session
	if err := again.Unmarshal(&s); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return again.Medias[0].Formats[0]
}

// packets makes the packets of a unit.
func (l *link) packets(t testing.TB, u *media.Unit) []*rtp.Packet {
	t.Helper()
	packets, err := l.out.pack(u.Payload, u.RandomAccess)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packets {
		p.Timestamp += uint32(media.Rescale(u.PTS, u.Track.Timescale, uint32(l.out.format.ClockRate())))
	}
	return packets
}

// units takes what has come so far, copied.
func (l *link) units() (out []*media.Unit) {
	_ = l.recv.deliver(func(units []*media.Unit) error {
		for _, u := range units {
			c := *u
			c.Payload = bytes.Clone(u.Payload)
			out = append(out, &c)
		}
		return nil
	})
	return out
}

// overRTP are the codecs that have a form in RTP: all.
func overRTP() []string { return mediatest.Codecs() }

// TestEveryCodec sends units of every codec over RTP: what arrives is what was sent.
func TestEveryCodec(t *testing.T) {
	for _, name := range overRTP() {
		t.Run(name, func(t *testing.T) {
			track := mediatest.Track(name, 1, 48000)
			units := mediatest.Units(track, 60, 0)
			l := newLink(t, track)
			l.out.base = 0
			var got []*media.Unit
			for _, u := range units {
				for _, p := range l.packets(t, u) {
					l.in.packet(p, time.Unix(1, 0))
				}
				got = append(got, l.units()...)
			}
			if len(got) != len(units) || l.recv.receiverCounts != (receiverCounts{}) {
				t.Fatalf("%d units, want %d; %+v; %v", len(got), len(units), l.recv.receiverCounts, l.recv.complaint)
			}
			shift := got[0].PTS - media.Rescale(units[0].PTS, 48000, got[0].Track.Timescale)
			for i, u := range got {
				w := units[i]
				off := media.Duration(u.PTS-shift, u.Track.Timescale) - media.Duration(w.PTS, w.Track.Timescale)
				if !bytes.Equal(u.Payload, stripped(w)) || u.RandomAccess != w.RandomAccess || off.Abs() > time.Millisecond || u.Lost != 0 {
					t.Fatalf("unit %d: %d bytes at %s, want %d; %x\n%x", i, len(u.Payload), off, len(w.Payload), u.Payload[:min(40, len(u.Payload))],
						w.Payload[:min(40, len(w.Payload))])
				}
				if i > 0 && u.DTS <= got[i-1].DTS {
					t.Errorf("unit %d: DTS %d after %d", i, u.DTS, got[i-1].DTS)
				}
			}
			if !media.SameParameters(got[0].Track.Codec, track.Codec) {
				t.Logf("configuration %x, want %x", got[0].Track.Codec.Config(), track.Codec.Config())
			}
		})
	}
}

// stripped is a unit's payload without what the way over RTP takes out: delimiters and parameter sets.
func stripped(u *media.Unit) []byte {
	var drop func(byte) bool
	switch u.Track.Codec.Name() {
	case "h264":
		drop = func(b byte) bool { k := b & 0x1f; return k >= 7 && k <= 9 }
	case "h265":
		drop = func(b byte) bool { k := b >> 1 & 0x3f; return k >= 32 && k <= 35 }
	default:
		return u.Payload
	}
	var out []byte
	for n := range media.NALUs(u.Payload) {
		if !drop(n[0]) {
			out = append(out, 0, 0, byte(len(n)>>8), byte(len(n)))
			out = append(out, n...)
		}
	}
	return out
}

// TestLosses loses packets at random: every unit that arrives is one that was sent, what is missing is counted, and it never stops.
func TestLosses(t *testing.T) {
	for _, name := range overRTP() {
		t.Run(name, func(t *testing.T) {
			track := mediatest.Track(name, 1, 48000)
			units := mediatest.Units(track, 600, 0)
			sent := map[string]bool{}
			random := rand.New(rand.NewPCG(1, 2))
			l := newLink(t, track)
			arrived, dropped, lost, last := 0, 0, 0, 0
			for i, u := range units {
				if name == "h264" || name == "h265" || name == "vp9" { // some pictures of several packets
					u = mediatest.Grow(u, len(u.Payload)+random.IntN(5000))
				}
				sent[string(stripped(u))] = true
				for _, p := range l.packets(t, u) {
					if i > 0 && random.IntN(50) == 0 {
						dropped++
						continue
					}
					l.in.packet(p, time.Unix(1, 0))
				}
				for _, got := range l.units() {
					arrived, last = arrived+1, i
					lost += got.Lost
					if !sent[string(got.Payload)] {
						t.Fatalf("unit %d was never sent: %d bytes", arrived, len(got.Payload))
					}
				}
			}
			if dropped == 0 || lost == 0 || arrived+lost > len(units) || arrived < len(units)*8/10 || last < len(units)-10 {
				t.Errorf("%d of %d arrived, the last of them at %d; %d packets dropped, %d units told as lost", arrived, len(units), last, dropped, lost)
			}
			if l.recv.packets > int64(dropped) {
				t.Errorf("%d packets counted, %d were dropped", l.recv.packets, dropped)
			}
		})
	}
}
