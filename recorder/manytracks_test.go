package recorder

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
	"aircheck/recorder/container"
	"aircheck/recorder/flv"
	"aircheck/recorder/hls"
	"aircheck/recorder/mp4"
)

// manyTracks are five seconds of two tracks of pictures and two of sound, each of another codec; those with a late ID come later by so
// much.
func manyTracks(late map[int]time.Duration) map[int][]*media.Unit {
	out := map[int][]*media.Unit{}
	for i, codec := range []string{"h264", "aac", "vp9", "opus"} {
		id := 1 + i
		track := mediatest.Track(codec, id, 1000)
		n := 125
		if track.Codec.Kind() == media.Audio {
			n = 260
		}
		out[id] = mediatest.Units(track, n, 5000)
		out[id] = slices.DeleteFunc(out[id], func(u *media.Unit) bool { return u.Time() < 5*time.Second+late[id] || u.Time() >= 10*time.Second })
	}
	return out
}

// interleaved merges tracks, of equal times in that order.
func interleaved(tracks map[int][]*media.Unit, order ...int) []*media.Unit {
	var lists [][]*media.Unit
	for _, id := range order {
		lists = append(lists, tracks[id])
	}
	return mediatest.Interleave(lists...)
}

// recordMany records units of many tracks and returns the files and their units by codec.
func recordMany(t *testing.T, format container.Format, sp Spec, before func(s *stream.Stream), units []*media.Unit) ([]File, []map[string][]*media.Unit) {
	t.Helper()
	dir := scratch(t)
	var c catalogue
	m := newManager(dir, &c)
	open(t, m)
	var h stream.Hub
	s := publish(t, m, &h, sp)
	before(s)
	write(t, s, units, 9)
	s.End(stream.EndClient, "")
	closeManager(t, m)
	var in []map[string][]*media.Unit
	for _, f := range c.list() {
		by := map[string][]*media.Unit{}
		for _, u := range read(t, format, filepath.Join(dir, f.ObjectKey)) {
			by[u.Track.Codec.Name()] = append(by[u.Track.Codec.Name()], u)
		}
		in = append(in, by)
	}
	return c.list(), in
}

// TestManyTracks cuts streams of two tracks of pictures and two of sound: nothing is lost or doubled, and both pictures of each
// file begin with a key frame, whichever came first.
func TestManyTracks(t *testing.T) {
	for _, format := range []container.Format{flv.Format{}, mp4.Format{}} {
		for _, order := range [][]int{{1, 2, 3, 4}, {3, 4, 1, 2}, {2, 4, 3, 1}} {
			t.Run(fmt.Sprint(format.Name(), order), func(t *testing.T) {
				tracks := manyTracks(nil)
				sp := spec(format.Name())
				sp.Interval = time.Second
				promise := func(s *stream.Stream) {
					s.Expect(stream.Expected{Known: true, Video: true, Audio: true, Videos: 2, Audios: 2})
				}
				files, in := recordMany(t, format, sp, promise, interleaved(tracks, order...))
				if len(files) != 5 {
					t.Fatalf("%d files, want 5", len(files))
				}
				all := map[string][]*media.Unit{}
				for i, by := range in {
					if len(by) != 4 {
						t.Errorf("file %d has %d tracks", i, len(by))
					}
					for codec, units := range by {
						if !units[0].RandomAccess {
							t.Errorf("file %d: %s begins with a picture that needs others", i, codec)
						}
						all[codec] = append(all[codec], units...)
					}
				}
				for _, want := range tracks {
					got := all[want[0].Track.Codec.Name()]
					if len(got) != len(want) {
						t.Fatalf("%d units of %s, want %d", len(got), want[0].Track.Codec.Name(), len(want))
					}
					for i, w := range want {
						if string(got[i].Payload) != string(w.Payload) {
							t.Fatalf("unit %d of %s is another", i, w.Track.Codec.Name())
						}
					}
				}
			})
		}
	}
}

// TestManyTracksInHLS keeps all tracks of a stream that needs fragmented MP4 in one recording, and begins another when a second track of a kind comes
// as a surprise: players have begun to play without.
func TestManyTracksInHLS(t *testing.T) {
	for name, ca := range map[string]struct {
		late  map[int]time.Duration
		files int
	}{
		"all from the start": {nil, 1},
		"one comes late":     {map[int]time.Duration{3: 3 * time.Second}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			tracks := manyTracks(ca.late)
			if ca.files > 1 {
				delete(tracks, 2)
			}
			promise := func(s *stream.Stream) {
				if ca.files == 1 {
					s.Expect(stream.Expected{Known: true, Video: true, Audio: true, Videos: 2, Audios: 2})
				}
			}
			files, in := recordMany(t, hls.Format{}, spec("hls"), promise, interleaved(tracks, slices.Sorted(maps.Keys(tracks))...))
			if len(files) != ca.files {
				t.Fatalf("%d recordings, want %d", len(files), ca.files)
			}
			for _, want := range tracks {
				var got []byte
				for _, by := range in {
					got = append(got, payloadsOf(by[want[0].Track.Codec.Name()])...)
				}
				if string(got) != string(payloadsOf(want)) {
					t.Errorf("%s: %d bytes, want %d", want[0].Track.Codec.Name(), len(got), len(payloadsOf(want)))
				}
			}
		})
	}
}

func payloadsOf(units []*media.Unit) (out []byte) {
	for _, u := range units {
		out = append(out, u.Payload...)
	}
	return out
}

// TestAnnouncedTracks checks that tracks whose configuration is known, or whose number, belong to the file from the start.
func TestAnnouncedTracks(t *testing.T) {
	late := map[int]time.Duration{3: 800 * time.Millisecond, 4: 300 * time.Millisecond}
	later := map[int]time.Duration{4: 3 * time.Second}
	for _, format := range []container.Format{flv.Format{}, mp4.Format{}} {
		for name, ca := range map[string]struct {
			late   map[int]time.Duration
			before func(s *stream.Stream, tracks map[int][]*media.Unit)
		}{
			"all announced": {late, func(s *stream.Stream, tracks map[int][]*media.Unit) {
				for id := 1; id <= 4; id++ {
					s.Announce(tracks[id][0].Track)
				}
			}},
			"their number known": {late, func(s *stream.Stream, _ map[int][]*media.Unit) {
				s.Expect(stream.Expected{Known: true, Video: true, Audio: true, Videos: 2, Audios: 2})
			}},
			"announced, and later than is waited for": {later, func(s *stream.Stream, tracks map[int][]*media.Unit) {
				for id := 1; id <= 4; id++ {
					s.Announce(tracks[id][0].Track)
				}
			}},
		} {
			t.Run(format.Name()+" "+name, func(t *testing.T) {
				tracks := manyTracks(ca.late)
				files, in := recordMany(t, format, spec(format.Name()), func(s *stream.Stream) { ca.before(s, tracks) }, interleaved(tracks, 1, 2, 3, 4))
				if len(files) != 1 {
					t.Fatalf("%d files, want 1: the first ended because of %s", len(files), files[0].Reason)
				}
				for _, want := range tracks {
					if got := in[0][want[0].Track.Codec.Name()]; len(got) != len(want) {
						t.Errorf("%d units of %s, want %d", len(got), want[0].Track.Codec.Name(), len(want))
					}
				}
			})
		}
	}
}
