package mediatest

import (
	"embed"
	"slices"

	"aircheck/ingest/media"
)

// Codecs are the names of all codecs that Track makes, pictures first.
func Codecs() []string {
	return []string{"h264", "h265", "av1", "vp9", "vp8", "aac", "opus", "mp3", "ac3", "g711a", "g711u"}
}

// data holds what Encode made of 10 pictures of 64x48, or of 10 frames of sound; in the form of the files of units.go.
//
//go:embed testdata/av1.bin testdata/vp9.bin testdata/vp8.bin testdata/opus.bin testdata/mp3.bin testdata/ac3.bin
//go:embed testdata/g711a.bin testdata/g711u.bin
var data embed.FS

// dataOf returns the embedded data of a codec.
func dataOf(name string) []byte {
	switch name {
	case "h264":
		return h264Data
	case "h265":
		return h265Data
	case "aac":
		return aacData
	}
	b, err := data.ReadFile("testdata/" + name + ".bin")
	if err != nil {
		panic(err)
	}
	return b
}

// Track returns a track of the codec of that name. Pictures of av1, vp9 and vp8 are 64x48, with a key frame every GOP pictures and none
// reordered. Sound is 48 kHz stereo; that of g711a and g711u 8 kHz mono.
func Track(name string, id int, timescale uint32) *media.Track {
	return track(dataOf(name), name, id, timescale)
}

// Units returns n pictures of a track of this package, 25 per second, or n frames of sound, whatever its codec. The first
// is decoded at start, in the track's clock rate.
func Units(t *media.Track, n int, start int64) []*media.Unit {
	if t.Codec.Kind() == media.Video {
		return Pictures(t, n, start, int64(t.Timescale)/25)
	}
	return Sound(t, n, start)
}

// loopOf returns the frames of sound that are repeated. The first frame of AAC is not, since it is for a decoder to begin with.
func loopOf(name string) []sample {
	loop := samples(dataOf(name))
	if name == "aac" {
		return loop[1:10]
	}
	return loop
}

// reordered reports whether a codec's pictures are shown in another order than they are decoded in.
func reordered(name string) bool { return slices.Contains([]string{"h264", "h265"}, name) }
