package recorder

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/aac"
	"aircheck/recorder/container"
	"aircheck/recorder/flv"
	"aircheck/recorder/hls"
	"aircheck/recorder/mp4"
	"aircheck/recorder/recordertest"
)

var updateTable = flag.Bool("update", false, "write the table of codecs in docs/formats.md")

// What a cell of the table says.
const (
	asIs       = "as is"
	fragmented = "fMP4 instead of TS"
	leftOut    = "left out"
	impossible = "not possible"
)

// column is a format in the table.
type column struct {
	title   string
	format  container.Format
	options recordertest.Options
	// unread are the codecs that the installed ffprobe does not read in this format: enhanced RTMP came with ffmpeg 6.1.
	unread []string
}

func columns() []column {
	tick := time.Second / 90000
	return []column{
		{
			title: "FLV", format: flv.Format{}, options: recordertest.Options{Slack: 500 * time.Microsecond, Sealed: true},
			unread: []string{"h265", "av1", "vp9", "vp8", "opus", "ac3"},
		},
		{title: "MP4", format: mp4.Format{}, options: recordertest.Options{KeepsIDs: true}},
		{title: "HLS", format: hls.Format{}, options: recordertest.Options{
			Slack: tick, AnnexB: true, Rebuilt: true, Streamed: true, Wraps: (1 << 33) * tick,
		}},
		{title: "AAC", format: aac.Format{}, options: recordertest.Options{AudioOnly: true, Timeless: true, Rebuilt: true, Streamed: true}},
	}
}

// called are the names of codecs for people, and those that ffprobe has, where they are others.
var (
	called = map[string]string{
		"h264": "H.264", "h265": "H.265", "av1": "AV1", "vp9": "VP9", "vp8": "VP8", "aac": "AAC", "opus": "Opus", "mp3": "MP3",
		"ac3": "AC-3", "g711a": "G.711 A-law", "g711u": "G.711 µ-law",
	}
	probed = map[string]string{"h265": "hevc", "g711a": "pcm_alaw", "g711u": "pcm_mulaw"}
)

// cell says what a format does with a codec, by what it says of itself.
func cell(f container.Format, c media.Codec) string {
	if only, ok := f.(container.Single); ok && only.Only() != c.Kind() {
		return leftOut
	}
	if !f.Supports(c) {
		return impossible
	}
	if list, ok := f.(container.Playlisted); ok && list.MediaName([]*media.Track{{ID: 1, Codec: c, Timescale: 1000}}) != "media.ts" {
		return fragmented
	}
	return asIs
}

// table makes the table of docs/formats.md.
func table() string {
	var b strings.Builder
	b.WriteString("| codec |")
	rule := "|---|"
	for _, c := range columns() {
		fmt.Fprintf(&b, " %s |", c.title)
		rule += "---|"
	}
	b.WriteString("\n" + rule + "\n")
	for _, name := range mediatest.Codecs() {
		fmt.Fprintf(&b, "| %s |", called[name])
		for _, c := range columns() {
			fmt.Fprintf(&b, " %s |", cell(c.format, mediatest.Track(name, 1, 1000).Codec))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// TestCodecTable compares the table in docs/formats.md with what the formats say of themselves. With -update it writes it.
func TestCodecTable(t *testing.T) {
	const path, begin, end = "../docs/formats.md", "<!-- written by TestCodecTable -->\n", "<!-- end -->\n"
	doc, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := bytes.Cut(doc, []byte(begin))
	old, tail, ok2 := bytes.Cut(rest, []byte(end))
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table, between %q and %q", path, begin, end)
	}
	want := table()
	if string(old) == want {
		return
	}
	if !*updateTable {
		t.Fatalf("%s has another table; go test ./recorder -run TestCodecTable -update writes this one:\n%s", path, want)
	}
	doc = slices.Concat(head, []byte(begin+want+end), tail)
	if err := os.WriteFile(path, doc, 0o644); err != nil { //nolint:gosec // a document
		t.Fatal(err)
	}
}

// TestCodecCells checks each cell of the table: what ffmpeg made of the codec goes through the format's writer, ffprobe knows it in
// the finished file, and it is read back unit by unit; or the format refuses the codec by name.
func TestCodecCells(t *testing.T) {
	for _, name := range mediatest.Codecs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			units := recordertest.Encoded(t, mp4.Format{}, name)
			codec := units[0].Track.Codec
			for _, c := range columns() {
				t.Run(c.title, func(t *testing.T) {
					// A test picture of this package may say another thing of itself than that of a real encoder.
					says := cell(c.format, codec)
					if want := cell(c.format, mediatest.Track(name, 1, 1000).Codec); says != want {
						t.Errorf("the cell says %q, and of this stream %q", want, says)
					}
					if says == leftOut || says == impossible {
						recordertest.Refuses(t, c.format, codec)
						return
					}
					probe := name
					if p := probed[name]; p != "" {
						probe = p
					}
					if slices.Contains(c.unread, name) {
						probe = ""
					}
					recordertest.Carries(t, c.format, c.options, units, probe)
				})
			}
		})
	}
}
