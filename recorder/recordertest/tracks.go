package recordertest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
)

// longest is how far the long recordings go at least: beyond the second wrap of a clock of 33 bits at 90 kHz.
const longest = 60 * time.Hour

// long returns recordings of few units that are hours apart. They are written in small groups, so that scans begin behind each
// wrap of the format's clock.
func long(o Options) map[string][]*media.Unit {
	cases := map[string][]*media.Unit{}
	for _, step := range []time.Duration{time.Hour, 5 * time.Hour, 13 * time.Hour} {
		if !o.distinct(step) {
			continue
		}
		n := int(longest/step) + 2
		timescale := uint32(48000)
		if step > 12*time.Hour {
			timescale = 1000 // steps of more than 31 bits are no business of this case
		}
		sound := spread(mediatest.Sound(mediatest.AAC(2, timescale), n, 0), step/2, step)
		cases[fmt.Sprintf("sound every %v", step)] = sound
		if o.AudioOnly {
			continue
		}
		pictures := spread(mediatest.Intra(mediatest.H264(1, 1000), n, 0, 0), 0, step)
		cases[fmt.Sprintf("pictures every %v", step)] = pictures
		cases[fmt.Sprintf("sound and pictures every %v", step)] = mediatest.Interleave(pictures, sound)
		cases[fmt.Sprintf("pictures every %v, much sound", step)] = mediatest.Interleave(pictures,
			spread(mediatest.Sound(mediatest.AAC(2, 1000), 3*n, 0), step/7, step/3))
	}
	return cases
}

// spread moves units so that the first is at start and each following one a step later.
func spread(units []*media.Unit, start, step time.Duration) []*media.Unit {
	for i, u := range units {
		ticks := media.Rescale(int64(start+time.Duration(i)*step), uint32(time.Second), u.Track.Timescale)
		u.PTS += ticks - u.DTS
		u.DTS = ticks
	}
	return units
}

// missingTrack checks files that announce a track which never comes.
func missingTrack(t *testing.T, f container.Format, o Options) {
	video, audio := mediatest.H264(1, 1000), mediatest.AAC(2, 1000)
	tracks := []*media.Track{video, audio}
	for name, units := range map[string][]*media.Unit{
		"no sound": mediatest.Pictures(video, 120, 0, 40), "no pictures": mediatest.Sound(audio, 120, 0),
	} {
		t.Run(name, func(t *testing.T) { roundTrip(t, f, o, tracks, units, 50) })
	}
}

// broken are payloads of H.264 that cannot be turned into a byte stream.
var broken = map[string]string{
	"cut length":           "\x00\x00\x00",
	"no length":            "\x09",
	"length beyond":        "\x00\x00\x00\x03\x65\x88",
	"huge length":          "\xff\xff\xff\xff\x65\x88",
	"bytes behind":         "\x00\x00\x00\x02\x65\x88\x80",
	"length behind":        "\x00\x00\x00\x02\x65\x88\x00\x00\x00\x01",
	"empty NAL unit":       "\x00\x00\x00\x00",
	"empty NAL units":      "\x00\x00\x00\x00\x00\x00\x00\x00",
	"start codes":          "\x00\x00\x00\x01\x65\x88\x84\x21\x00\x00\x01\x41\x9a",
	"lengths of two bytes": "\x00\x02\x65\x88\x00\x03\x41\x9a\x21",
}

// refusesPayloads checks that a byte stream takes nothing but whole sequences of NAL units, and goes on behind the others as if
// they had never come.
func refusesPayloads(t *testing.T, f container.Format) {
	track := mediatest.H264(1, 1000)
	units := mediatest.Pictures(track, 60, 0, 40)
	write := func(between func(w container.Writer, u *media.Unit)) string {
		w, err := f.NewWriter([]*media.Track{track})
		if err != nil {
			t.Fatal(err)
		}
		out := w.Header(nil, 0)
		for _, u := range units {
			between(w, u)
			if out, err = w.Append(out, u); err != nil {
				t.Fatal(err)
			}
		}
		return string(out) + string(w.Flush(nil)) + string(w.Index(nil))
	}
	want := write(func(container.Writer, *media.Unit) {})
	for name, payload := range broken {
		got := write(func(w container.Writer, next *media.Unit) {
			u := *next
			u.Payload = []byte(payload)
			if out, err := w.Append([]byte("x"), &u); err == nil || string(out) != "x" {
				t.Errorf("%s: %d bytes, %v", name, len(out), err)
			}
		})
		if got != want {
			t.Errorf("%s: the file is another one, from byte %d on", name, len(commonPrefix(got, want)))
		}
	}
}

// commonPrefix returns what two texts begin with alike.
func commonPrefix(a, b string) string {
	for i := range a {
		if !strings.HasPrefix(b, a[:i+1]) {
			return a[:i]
		}
	}
	return a
}
