package process

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Definitions are numbers that stand for ways to make things. docs/flows.md documents them.

// encoding is how a transcode is made.
type encoding struct {
	// container is "mp4", "m4a" or "mp3"; the latter two have sound only.
	container string
	// short is the most that the shorter side of the pictures may have; nothing is made larger than it is.
	short int
	// fps is the most frames per second. video and audio are kbit/s.
	fps, video, audio int
	hevc              bool
}

func transcodings() map[int64]encoding {
	low, standard, high := encoding{"mp4", 360, 25, 400, 64, false}, encoding{"mp4", 540, 25, 1000, 64, false}, encoding{"mp4", 720, 25, 1800, 128, false}
	full, double, quad := encoding{"mp4", 1080, 25, 2500, 128, false}, encoding{"mp4", 1440, 25, 3000, 128, false}, encoding{"mp4", 2160, 25, 6000, 160, false}
	table := map[int64]encoding{
		10: low, 20: standard, 30: high, 40: full, 70: double, 80: quad,
		100010: low, 100020: standard, 100030: high, 100040: full, 100070: double, 100080: quad,
		1010: {container: "m4a", audio: 128}, 1110: {container: "mp3", audio: 128},
	}
	for number, like := range map[int64]encoding{100110: low, 100120: standard, 100130: high, 100140: full} {
		like.hevc, like.video = true, like.video*3/4
		table[number] = like
	}
	return table
}

// animation is how an animated picture is made.
type animation struct {
	container string
	long, fps int // the longer side at most
}

func animations() map[int64]animation {
	return map[int64]animation{20000: {"gif", 480, 8}, 20001: {"webp", 480, 12}}
}

// picture is how a single picture is made.
type picture struct {
	long int // the longer side at most; 0: as it is
}

func pictures() map[int64]picture { return map[int64]picture{10: {}, 20: {1280}, 30: {640}} }

// sampling is when sample snapshots are taken: every so many percent of a file, or seconds.
type sampling struct {
	percent, seconds int64
}

func samplings() map[int64]sampling {
	return map[int64]sampling{10: {percent: 10}, 20: {seconds: 10}, 30: {seconds: 60}}
}

// sheet is how a sprite is made.
type sheet struct {
	long          int // of each small picture
	rows, columns int
	seconds       int64 // between two small pictures
}

func sheets() map[int64]sheet { return map[int64]sheet{10: {142, 10, 10, 10}, 20: {240, 5, 5, 5}} }

// ladders are the renditions of adaptive sets, the best first; those that would be larger than the source are left out.
func ladders() map[int64][]encoding {
	t := transcodings()
	return map[int64][]encoding{10: {t[40], t[30], t[10]}, 12: {t[30], t[10]}}
}

// names lists the numbers of a table.
func names[T any](table map[int64]T) string {
	var out []string
	for _, n := range slices.Sorted(maps.Keys(table)) {
		out = append(out, strconv.FormatInt(n, 10))
	}
	return strings.Join(out, ", ")
}

// presets are the procedures that are always there.
func presets() []Procedure {
	cover, sprites := []Cover{{Definition: 10, At: "10%"}}, []Sprite{{Definition: 10}}
	return []Procedure{
		{Name: "Cover", Comment: "A cover picture.", Flow: Flow{Covers: cover}},
		{Name: "Preview", Comment: "A cover picture, and small pictures for the time line of a player.", Flow: Flow{Covers: cover, Sprites: sprites}},
		{
			Name: "TranscodeHD", Comment: "MP4 in 720p and 360p, a cover picture, and small pictures for the time line.",
			Flow: Flow{Transcodes: []Transcode{{Definition: 100030}, {Definition: 100010}}, Covers: cover, Sprites: sprites},
		},
		{
			Name: "LongVideoPreset", Comment: "HLS in several renditions, a cover picture, and small pictures for the time line.",
			Flow: Flow{Adaptives: []Adaptive{{Definition: 10}}, Covers: cover, Sprites: sprites},
		},
	}
}
