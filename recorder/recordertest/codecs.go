package recordertest

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
)

// Codecs checks that a format carries the codecs of these names, and no other that there is: each alone, each beside another track, and
// torn anywhere. A format's test calls it beside Suite, with the names that docs/formats.md promises.
func Codecs(t *testing.T, f container.Format, o Options, names ...string) {
	for _, name := range mediatest.Codecs() {
		t.Run(name, func(t *testing.T) {
			track := mediatest.Track(name, 1, 1000)
			if !slices.Contains(names, name) {
				refuses(t, f, track.Codec)
				return
			}
			if !f.Supports(track.Codec) {
				t.Fatalf("%s does not support %s", f.Name(), name)
			}
			units := mediatest.Units(track, 60, 700)
			roundTrip(t, f, o, tracksOf(units), units, 7)
			if !o.AudioOnly {
				units = mediatest.Interleave(units, mediatest.Units(beside(track), 60, 700))
				roundTrip(t, f, o, tracksOf(units), units, 7)
			}
			tornCodec(t, f, o, units)
			if r, ok := f.(container.Resumer); ok {
				units = mediatest.Interleave(mediatest.Units(track, 60, 0), mediatest.Units(beside(track), 60, 0))
				interrupted(t, r, o, units, 25)
			}
		})
	}
}

// beside returns a track of the other kind with ID 2.
func beside(track *media.Track) *media.Track {
	if track.Codec.Kind() == media.Audio {
		return mediatest.H264(2, 1000)
	}
	return mediatest.AAC(2, 1000)
}

// tornCodec cuts the file of the units in many places.
func tornCodec(t *testing.T, f container.Format, o Options, units []*media.Unit) {
	t.Helper()
	r := record(t, f, units, 7, true)
	for cut := r.ends[1]; cut < int64(len(r.data)); cut += 211 {
		whole := 0
		for i, end := range r.ends {
			if end <= cut {
				whole = r.units[i]
			}
		}
		if !repair(t, f, o, r, fmt.Sprintf("cut at %d", cut), r.data[:cut:cut], 1, units, whole) {
			return
		}
	}
}

// Tracks checks that a format carries several tracks of pictures and of sound at once, of the same codec and of others; those of
// the given names.
func Tracks(t *testing.T, f container.Format, o Options, names ...string) {
	video, sound := kinds(names)
	for name, order := range map[string][]string{
		"two of each":    {video[0], sound[0], video[0], sound[0]},
		"of many codecs": append(slices.Clone(video), sound...),
		"sound first":    append(slices.Clone(sound), video...),
		"sound alone":    append(slices.Clone(sound), sound...),
		"pictures alone": append(slices.Clone(video), video...),
	} {
		t.Run(name, func(t *testing.T) {
			var tracks [][]*media.Unit
			for i, codec := range order {
				tracks = append(tracks, mediatest.Units(mediatest.Track(codec, 1+i, 1000), 40, int64(500+7*i)))
			}
			units := mediatest.Interleave(tracks...)
			roundTrip(t, f, o, tracksOf(units), units, 11)
			tornCodec(t, f, o, units)
		})
	}
}

// kinds returns the names of pictures and those of sound.
func kinds(names []string) (video, sound []string) {
	for _, n := range names {
		if mediatest.Track(n, 1, 1000).Codec.Kind() == media.Video {
			video = append(video, n)
		} else {
			sound = append(sound, n)
		}
	}
	return video, sound
}

// Plays has ffmpeg make media of the codecs of these names, which mediatest.Encode knows, and read it from a recording, finished and
// unfinished: packet by packet it is what the encoder made, and it decodes without a complaint. It is for what the installed ffmpeg can
// read in this format. probe is what ffprobe calls the codecs, where that is another name.
func Plays(t *testing.T, f container.Format, o Options, probe map[string]string, names ...string) {
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			units := mediatest.Encode(t, name, 1, 1000, "-t", "1")
			r := record(t, f, units, 7, false)
			done, _ := finish(t, f, r.unfinished(r.parts, int64(len(r.data))), r.data)
			called := name
			if p := probe[name]; p != "" {
				called = p
			}
			for what, data := range map[string][]byte{"unfinished": r.data, "finished": done} {
				path := save(t, f, what, data, o)
				out := mediatest.Run(t, "ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", path)
				// Side data has a field of its own, and a program tells its streams again.
				got := strings.FieldsFunc(string(out), func(r rune) bool { return r == ',' || r == '\n' })
				if got = slices.Compact(got); !slices.Equal(got, []string{called}) {
					t.Errorf("%s: ffprobe says %q", what, got)
				}
				out = mediatest.Run(t, "ffprobe", "-v", "error", "-show_packets", "-show_data_hash", "md5", "-show_entries", "packet=data_hash",
					"-of", "csv=p=0", path)
				hashes := slices.DeleteFunc(bytes.Fields(out), func(b []byte) bool { return !bytes.Contains(b, []byte("MD5:")) })
				if len(hashes) != len(units) {
					t.Errorf("%s: %d packets, want %d", what, len(hashes), len(units))
				} else {
					for i, u := range units {
						sum := md5.Sum(u.Payload)
						if got := strings.Trim(string(hashes[i]), ","); got != "MD5:"+hex.EncodeToString(sum[:]) {
							t.Fatalf("%s: packet %d is another: %s", what, i, got)
						}
					}
				}
				mediatest.Run(t, "ffmpeg", "-v", "error", "-xerror", "-i", path, "-f", "null", "-")
			}
		})
	}
}
