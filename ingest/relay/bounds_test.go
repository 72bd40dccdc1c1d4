package relay

import (
	"errors"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// TestFirstBlockIsShared: what is remembered of a stream is in memory once, however many players begin with it and do not read on.
func TestFirstBlockIsShared(t *testing.T) {
	f := newFixture(t, nil)
	f.write(large(mediatest.GOP, 256<<10)...)
	for range 8 {
		v := f.view("narrow", true)
		eventually(t, "the first bytes", func() bool { sent, _ := v.player.Sent(); return sent > 4096 })
		v.player.mu.Lock()
		if v.player.hold == nil {
			t.Errorf("a player has %d bytes of its own", len(v.player.rest))
		}
		v.player.mu.Unlock()
	}
}

// TestSayingTooMuch: who asks and asks, and does not read the answers, is given up before they fill the memory.
func TestSayingTooMuch(t *testing.T) {
	for _, kind := range []string{"narrow", "pipe"} {
		f := newFixture(t, nil)
		f.write(large(mediatest.GOP, 256<<10)...)
		v := f.view(kind, false)
		for range 8192 {
			v.player.Say(make([]byte, 1024))
		}
		<-v.over
		if err := v.player.Err(); !errors.Is(err, ErrStalled) {
			t.Errorf("%s: %v", kind, err)
		}
		if n := len(v.player.said.b); n > maxSaid {
			t.Errorf("%s: %d bytes wait", kind, n)
		}
	}
}

// TestSoundBeforePictures: a player waits for the pictures that the publisher has promised, so that it is told of both from the start.
func TestSoundBeforePictures(t *testing.T) {
	f := newFixture(t, nil)
	f.stream.Expect(stream.Expected{Known: true, Video: true, Audio: true})
	all := programme(mediatest.GOP)
	var sound []*media.Unit
	for _, u := range all {
		if u.Track.ID == 2 {
			sound = append(sound, u)
		}
	}
	f.write(sound[:4]...)
	v := f.view("tcp", false).read(false)
	f.drained()
	f.write(all[6:]...)
	f.write(programme(2 * mediatest.GOP)[3*mediatest.GOP:]...)
	got := v.units(t, 1)
	tags, _ := v.got()
	if tags[1].kind != tagVideo || !tags[1].config() || got[0].kind != tagVideo {
		t.Errorf("begins with %v", tags[:min(4, len(tags))])
	}
}
