package rtsp

import (
	"bytes"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtp"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
)

// TestOrderOverUDP: packets that come in another order or twice cost nothing, and one that never comes only what it belongs to.
func TestOrderOverUDP(t *testing.T) {
	track := mediatest.Track("opus", 1, 48000)
	units := mediatest.Units(track, 200, 0)
	l := newLink(t, track)
	var packets []*rtp.Packet
	for _, u := range units {
		packets = append(packets, l.packets(t, u)...)
	}
	at := time.Unix(1, 0)
	arrive := func(i int) {
		at = at.Add(20 * time.Millisecond)
		p := *packets[i]
		l.in.arrive(&p, at)
		l.recv.expire(at)
	}
	const gone = 100
	for i := 0; i+2 < len(packets); i += 3 {
		for _, j := range []int{i + 1, i, i, i + 2} {
			if j != gone && (j != 1 || i > 0) { // what is older than the first is not waited for
				arrive(j)
			}
		}
	}
	l.recv.finish(at)
	got := l.units()
	lost, next := 0, 0
	for _, u := range got {
		lost += u.Lost
		for next < len(units) && !bytes.Equal(units[next].Payload, u.Payload) {
			next++
		}
	}
	sent := len(packets) / 3 * 3
	if len(got) != sent-2 || lost != 2 || next >= len(units) || l.recv.packets != 2 {
		t.Errorf("%d of %d units, %d told as lost, %d packets; the last is %d", len(got), sent, lost, l.recv.packets, next)
	}
}

// TestNumbersBeginAnew: a sender that begins its numbers anew is followed.
func TestNumbersBeginAnew(t *testing.T) {
	track := mediatest.Track("opus", 1, 48000)
	l := newLink(t, track)
	at := time.Unix(1, 0)
	for i, u := range mediatest.Units(track, 100, 0) {
		for _, p := range l.packets(t, u) {
			if i >= 50 {
				p.SequenceNumber -= 20_000
			}
			at = at.Add(20 * time.Millisecond)
			l.in.arrive(p, at)
			l.recv.expire(at)
		}
	}
	if n := len(l.units()); n != 100-beganAnewAfter+1 {
		t.Errorf("%d units", n)
	}
}

// TestParameterSetsInBandAlone: a description without parameter sets, or with others than those of the pictures, is no hindrance.
func TestParameterSetsInBandAlone(t *testing.T) {
	for _, name := range []string{"h264", "h265"} {
		for _, wrong := range []bool{false, true} {
			track := mediatest.Track(name, 1, 90000)
			l := newLink(t, track)
			var f format.Format = &format.H264{PayloadTyp: 96, PacketizationMode: 1}
			if name == "h265" {
				f = &format.H265{PayloadTyp: 96}
			}
			if wrong && name == "h264" {
				sps, pps := track.Codec.(*media.H264).ParameterSets()
				other := bytes.Clone(sps[0])
				other[3]-- // the level
				f = &format.H264{PayloadTyp: 96, PacketizationMode: 1, SPS: other, PPS: pps[0]}
			}
			l.recv = receiver{slabs: &media.Slabs{Poison: true}}
			in, err := l.recv.add(f)
			if err != nil || in == nil {
				t.Fatal(in, err)
			}
			units := mediatest.Units(track, 60, 0)
			for _, u := range units {
				for _, p := range l.packets(t, u) {
					in.packet(p, time.Unix(1, 0))
				}
			}
			got := l.units()
			if len(got) != len(units) || !got[0].RandomAccess || l.recv.bad != 0 {
				t.Fatalf("%s, wrong %v: %d of %d units; %+v: %v", name, wrong, len(got), len(units), l.recv.receiverCounts, l.recv.complaint)
			}
			if !media.SameParameters(got[0].Track.Codec, track.Codec) {
				t.Errorf("%s, wrong %v: the first picture has %x, want %x", name, wrong, got[0].Track.Codec.Config(), track.Codec.Config())
			}
		}
	}
}

// TestTimesRunOver: RTP times of 32 bits run over after 13 h at 90 kHz, which no time line shows.
func TestTimesRunOver(t *testing.T) {
	for _, name := range []string{"h264", "opus", "aac"} {
		track := mediatest.Track(name, 1, 48000)
		l := newLink(t, track)
		var last int64
		units := mediatest.Units(track, 60, 0)
		for i, u := range units {
			for _, p := range l.packets(t, u) {
				p.Timestamp += 1<<32 - 48000/2
				l.in.packet(p, time.Unix(1, 0))
			}
			for _, g := range l.units() {
				if step := g.DTS - last; i > 0 && (step <= 0 || step > int64(g.Track.Timescale)) {
					t.Errorf("%s: unit %d comes %d ticks after the one before it", name, i, step)
				}
				last = g.DTS
			}
		}
		if last == 0 {
			t.Errorf("%s: nothing came", name)
		}
	}
}
