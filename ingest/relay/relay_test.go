package relay

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// programme returns n pictures at 25 a second with two frames of sound each.
func programme(n int) (units []*media.Unit) {
	pictures := mediatest.Pictures(mediatest.H264(1, 1000), n, 0, 40)
	sound := mediatest.Sound(mediatest.AAC(2, 1000), 2*n, 0)
	for i, p := range pictures {
		units = append(units, p, sound[2*i], sound[2*i+1])
	}
	return units
}

// TestJoin: a player begins at the last key frame, with all that a decoder needs, and gets every unit from then on, however it is
// connected and however the units are delivered.
func TestJoin(t *testing.T) {
	for _, kind := range []string{"tcp", "pipe"} {
		for _, chunked := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s chunked %v", kind, chunked), func(t *testing.T) {
				f := newFixture(t, nil)
				all := programme(4 * mediatest.GOP)
				const before, joined = 3 * (mediatest.GOP + 4), 3 * mediatest.GOP
				f.write(all[:before]...)
				v := f.view(kind, chunked).read(chunked)
				v.units(t, before-joined)
				rest := all[before:]
				for n := 1; len(rest) > 0; n = n%11 + 1 {
					n = min(n, len(rest))
					f.write(rest[:n]...)
					rest = rest[n:]
				}
				v.units(t, len(all)-joined)
				late := f.view(kind, chunked).read(chunked)
				f.stream.End(stream.EndClient, "done")
				tags, _ := v.got()
				got := v.units(t, len(all)-joined)
				same(t, got, all[joined:])
				if tags[0].kind != tagScript || !tags[1].config() || !tags[2].config() || tags[1].kind != tagVideo || got[0].ms > 40 {
					t.Errorf("begins with %v", tags[:3])
				}
				same(t, late.units(t, 3*mediatest.GOP), all[len(all)-3*mediatest.GOP:])
				for _, v := range []*viewer{v, late} {
					<-v.over
					if err := v.player.Err(); !errors.Is(err, ErrEnded) {
						t.Errorf("over: %v", err)
					}
					eventually(t, "the end", func() bool { _, err := v.got(); return err != nil })
					if _, err := v.got(); !errors.Is(err, io.EOF) {
						t.Errorf("the player reads %v", err)
					}
				}
			})
		}
	}
}

// TestParameterChange: new parameters stand before the first unit that needs them, and are what a later player gets.
func TestParameterChange(t *testing.T) {
	f := newFixture(t, nil)
	all := programme(2 * mediatest.GOP)
	other := mediatest.OtherAAC(2, 1000)
	changed := 3*mediatest.GOP + 4
	for _, u := range all[changed:] {
		if u.Track.ID == 2 {
			u.Track = other
		}
	}
	v := f.view("tcp", false).read(false)
	for _, u := range all {
		f.write(u)
	}
	same(t, v.units(t, len(all)), all)
	late := f.view("tcp", false).read(false)
	late.units(t, 3*mediatest.GOP)
	tags, _ := v.got()
	configs := 0
	var current []byte
	for _, g := range tags {
		if g.kind == tagAudio && g.config() {
			configs++
			current = g.data[2:]
		}
	}
	if configs != 2 || !bytes.Equal(current, other.Codec.Config()) {
		t.Errorf("%d configurations of sound, the last %x", configs, current)
	}
	tags, _ = late.got()
	for _, g := range tags {
		if g.kind == tagAudio {
			if first := mediatest.AAC(2, 1000).Codec.Config(); !g.config() || !bytes.Equal(g.data[2:], first) {
				t.Errorf("who joins in the middle is told %x first, before the change", g.data)
			}
			break
		}
	}
}

// large makes a stream that fills sockets: each unit of pictures has n bytes.
func large(pictures, n int) (units []*media.Unit) {
	for i, u := range mediatest.Pictures(mediatest.H264(1, 1000), pictures, 0, 40) {
		c := *u
		c.Payload = bytes.Repeat([]byte{byte(i)}, n)
		c.Wall = mediatest.Wall.Add(time.Duration(i) * 40 * time.Millisecond)
		units = append(units, &c)
	}
	return units
}

// TestStalledPlayers: of a hundred players five read nothing. The publisher is never waited for, the others get everything, a recorder's
// reader too.
func TestStalledPlayers(t *testing.T) {
	f := newFixture(t, func(r *Relay) { r.Stall, r.MaxBytes = 2*patience, 4<<20 })
	record := f.stream.NewReader(stream.ReaderOptions{})
	defer record.Close()
	all := large(100, 32<<10)
	f.write(all[0])
	var reading []*viewer
	for i := range 100 {
		if i%20 == 3 {
			f.view([]string{"narrow", "pipe"}[i/20%2], false)
			continue
		}
		reading = append(reading, f.view([]string{"tcp", "tcp", "tcp", "pipe"}[i%4], false).read(false))
	}
	for i, u := range all[1:] {
		f.write(u)
		if i%10 == 0 { // no faster than who reads: what is tested is that those who do not cost nothing
			for _, v := range reading {
				eventually(t, "a player", func() bool { sent, _ := v.player.Sent(); return sent > int64(i-8)*32<<10 })
			}
		}
	}
	for _, v := range reading {
		same(t, v.units(t, len(all)), all)
	}
	recorded := 0
	for _, u := range record.Take().Units {
		recorded++
		u.Release()
	}
	if recorded != len(all) {
		t.Errorf("%d of %d units recorded", recorded, len(all))
	}
}

// TestGivenUp: a player that reads nothing is given up in the end.
func TestGivenUp(t *testing.T) {
	f := newFixture(t, func(r *Relay) { r.Stall = 100 * time.Millisecond })
	f.write(large(mediatest.GOP, 256<<10)...)
	for _, kind := range []string{"narrow", "pipe"} {
		v := f.view(kind, false)
		<-v.over
		if err := v.player.Err(); !errors.Is(err, ErrStalled) {
			t.Errorf("%s: a player that reads nothing ends with %v", kind, err)
		}
	}
	if s := f.Stats(); s.Joined != 2 {
		t.Errorf("%+v", s)
	}
}

// TestSlowPlayer: who was too slow goes on at a key frame, with nothing broken between.
func TestSlowPlayer(t *testing.T) {
	for _, kind := range []string{"tcp", "pipe"} {
		t.Run(kind, func(t *testing.T) {
			f := newFixture(t, func(r *Relay) { r.MaxBytes = 2 << 20 })
			all := large(400, 64<<10)
			v := f.view(kind, false)
			for _, u := range all {
				f.write(u)
				f.drained()
			}
			v.read(false)
			eventually(t, "the last unit", func() bool {
				tags, _ := v.got()
				return len(tags) > 0 && bytes.HasSuffix(tags[len(tags)-1].data, all[len(all)-1].Payload)
			})
			tags, _ := v.got()
			_, skips := v.player.Sent()
			jumps := int64(0)
			last := uint32(0)
			for _, g := range tags {
				if !g.media() {
					continue
				}
				if g.ms > last+40 {
					jumps++
					if g.data[0]>>4 != frameKey {
						t.Errorf("goes on at %d ms, not with a key frame", g.ms)
					}
				}
				last = g.ms
			}
			if jumps < 1 || jumps != skips {
				t.Errorf("%d jumps, %d skips", jumps, skips)
			}
		})
	}
}

// drained waits until the relay has taken what was written.
func (f *fixture) drained() {
	f.t.Helper()
	f.mu.Lock()
	feed := f.feeds[f.stream]
	f.mu.Unlock()
	last := f.written[len(f.written)-1]
	eventually(f.t, "the relay", func() bool {
		feed.mu.Lock()
		defer feed.mu.Unlock()
		n := len(feed.blocks)
		return n > 0 && bytes.HasSuffix(feed.blocks[n-1].data()[:len(feed.blocks[n-1].data())-4], last.Payload)
	})
}

// TestSoundAlone: without pictures a player begins at once, and times never go below 0.
func TestSoundAlone(t *testing.T) {
	f := newFixture(t, nil)
	sound := mediatest.Sound(mediatest.AAC(2, 48000), 40, 0)
	f.write(sound[:20]...)
	v := f.view("tcp", false).read(false)
	v.units(t, 1)
	f.write(sound[20:]...)
	eventually(t, "the last frame", func() bool {
		tags, _ := v.got()
		return len(tags) > 0 && bytes.HasSuffix(tags[len(tags)-1].data, sound[39].Payload)
	})
	tags, _ := v.got()
	if last := tags[len(tags)-1].ms; last > 40*22 {
		t.Errorf("the last frame is at %d ms", last)
	}
}

// TestClosedRelay: who joins a relay that was closed is over at once.
func TestClosedRelay(t *testing.T) {
	f := newFixture(t, nil)
	f.Close()
	for _, kind := range []string{"tcp", "pipe"} {
		v := f.view(kind, false)
		<-v.over
		if err := v.player.Err(); !errors.Is(err, ErrClosed) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// TestSay: what an owner says stands between two blocks.
func TestSay(t *testing.T) {
	f := newFixture(t, nil)
	v := f.view("tcp", false)
	all := programme(mediatest.GOP)
	f.write(all...)
	said := appendTagHead(nil, tagScript, 0, 7)
	said = closeTag(append(said, "said"...), 0)
	v.read(false)
	v.units(t, len(all))
	v.player.Say(said)
	eventually(t, "what was said", func() bool {
		tags, _ := v.got()
		return string(tags[len(tags)-1].data) == "said"
	})
}
