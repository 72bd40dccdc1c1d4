package e2e

import (
	"cmp"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	live "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/live/v20180801"
	vod "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/vod/v20180717"
)

// format is a recording format and how far its files may differ from what was pushed.
type format struct {
	name string
	ext  string // of MediaUrl
	// param is where a template asks for the format.
	param func(*live.CreateLiveRecordTemplateRequest) **live.RecordParam
	// read returns the packets of a file or an address in the form in which this format's are compared; nil is packets.
	read func(*testing.T, string) map[string][]packet
	// slack is how far a time may be off, in seconds, once the shift that all packets share is taken away.
	slack float64
	// soundOnly formats have no picture, and no times of their own.
	soundOnly bool
	// goesOn tells that a new interval begins no new file.
	goesOn bool
}

// exact is for formats that keep milliseconds: ffprobe prints six digits, and a millisecond more or less must be found.
const exact = 0.0006

var everyFormat = []format{
	{
		name: "flv", ext: ".flv", slack: exact,
		param: func(r *live.CreateLiveRecordTemplateRequest) **live.RecordParam { return &r.FlvParam },
	},
	{
		name: "mp4", ext: ".mp4", slack: exact,
		param: func(r *live.CreateLiveRecordTemplateRequest) **live.RecordParam { return &r.Mp4Param },
	},
	{
		// 90 kHz hold every millisecond, and each unit has a PES packet, and so a time, of its own.
		name: "hls", ext: ".m3u8", slack: exact, goesOn: true, read: units,
		param: func(r *live.CreateLiveRecordTemplateRequest) **live.RecordParam { return &r.HlsParam },
	},
	{
		// ADTS has no times.
		name: "aac", ext: ".aac", soundOnly: true, read: units,
		param: func(r *live.CreateLiveRecordTemplateRequest) **live.RecordParam { return &r.AacParam },
	},
}

// supported names the formats that the server records; the tests demand all of them.
var supported = []string{"flv", "mp4", "hls", "aac"}

func formats() []format {
	return slices.DeleteFunc(slices.Clone(everyFormat), func(f format) bool { return !slices.Contains(supported, f.name) })
}

// in is the running server as a subtest sees it: what goes wrong is that test's failure.
func (s *instance) in(t *testing.T) *instance {
	return &instance{t: t, data: s.data, cmd: s.cmd, exited: s.exited, rtmp: s.rtmp, http: s.http, id: s.id, key: s.key}
}

// recordEverything binds a template with every format, cut after that many seconds, to a stream; an empty name means
// all of "live".
func (s *instance) recordEverything(stream string, interval int64) {
	s.t.Helper()
	r := live.NewCreateLiveRecordTemplateRequest()
	r.TemplateName = common.StringPtr("everything" + stream)
	for _, f := range formats() {
		*f.param(r) = recordParam(interval)
	}
	answer, err := s.live(calls[0]).CreateLiveRecordTemplate(r)
	if err != nil {
		s.t.Fatal(err)
	}
	s.createRule("localhost", "live", stream, *answer.Response.TemplateId)
}

// recorded waits for a stream's n files of a format to be finished and returns their addresses, oldest first.
func (s *instance) recorded(stream string, f format, n int) []string {
	s.t.Helper()
	var found []*vod.MediaInfo
	eventually(s.t, "finished files of "+stream+" in "+f.name, func() bool {
		found = s.assets(stream, f)
		return len(found) >= n && openFiles(s) == 0
	})
	if found = s.assets(stream, f); len(found) != n {
		s.t.Fatalf("%s: %d %s files, want %d", stream, len(found), f.name, n)
	}
	out := make([]string, 0, n)
	for _, m := range found {
		address := *m.BasicInfo.MediaUrl
		if strings.HasPrefix(address, "/") {
			address = "http://" + s.http + address
		}
		out = append(out, address)
	}
	return out
}

func (s *instance) assets(stream string, f format) []*vod.MediaInfo {
	s.t.Helper()
	r := vod.NewSearchMediaRequest()
	r.StreamIds, r.Limit = []*string{&stream}, common.Uint64Ptr(100)
	answer, err := s.vod(calls[0]).SearchMedia(r)
	if err != nil {
		s.t.Fatal(err)
	}
	found := slices.DeleteFunc(answer.Response.MediaInfoSet, func(m *vod.MediaInfo) bool {
		return path.Ext(*m.BasicInfo.MediaUrl) != f.ext
	})
	slices.SortFunc(found, func(a, b *vod.MediaInfo) int { return cmp.Compare(*a.FileId, *b.FileId) })
	return found
}

// openFiles counts what is being recorded or finished; journals go last.
func openFiles(s *instance) int {
	n := 0
	_ = filepath.WalkDir(filepath.Join(s.data, "recordings", ".open"), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return nil // an error: not there yet, or just renamed
	})
	return n
}

// pushedIs demands that every format's recording of a push, in as many files as cut says, is the source. It returns the
// number of packets compared. The options are ffmpeg's, for decoding.
func (s *instance) pushedIs(stream, source string, cut int, decode ...string) int {
	s.t.Helper()
	compared := 0
	for _, f := range formats() {
		n := cut
		if f.goesOn {
			n = 1
		}
		if len(f.packets(s.t, source)) > 0 { // or sound alone is recorded, of a push without sound
			compared += f.is(s.t, source, s.recorded(stream, f, n), decode...)
		}
	}
	return compared
}

// is demands that the files, one after the other, are the source, packet by packet, and that ffmpeg has no more to
// complain about in any of them than in the source.
func (f format) is(t *testing.T, source string, files []string, decode ...string) int {
	t.Helper()
	flaws := len(complaints(t, source, decode...))
	for _, file := range files {
		if found := complaints(t, file, decode...); len(found) > flaws {
			t.Errorf("decode %s:\n%s(%d complaints about the source)", path.Base(file), strings.Join(found, ""), flaws)
		}
	}
	return f.same(t, f.packets(t, source), files)
}

// packets reads a file or an address in the form in which this format is compared.
func (f format) packets(t *testing.T, from string) map[string][]packet {
	t.Helper()
	read := f.read
	if read == nil {
		read = packets
	}
	got := read(t, from)
	maps.DeleteFunc(got, func(kind string, _ []packet) bool {
		// ffprobe shows script tags in the middle of an FLV file as subtitles.
		return kind != "audio" && (kind != "video" || f.soundOnly)
	})
	if f.soundOnly {
		for i := range got["audio"] {
			got["audio"][i].PTS, got["audio"][i].DTS = "0", "0"
		}
	}
	return got
}

// same compares the files, one after the other, with the packets wanted. Each file has a time zero of its own.
func (f format) same(t *testing.T, want map[string][]packet, files []string) int {
	t.Helper()
	done := map[string]int{}
	for _, file := range files {
		got := f.packets(t, file)
		part := map[string][]packet{}
		for kind, all := range want {
			from := done[kind]
			part[kind] = all[from:min(from+len(got[kind]), len(all))]
			done[kind] += len(got[kind])
		}
		sameWithin(t, f.name, part, got, f.slack)
	}
	total := 0
	for kind, all := range want {
		if done[kind] != len(all) {
			t.Errorf("%s: %d %s packets in all files, the source has %d", f.name, done[kind], kind, len(all))
		}
		total += done[kind]
	}
	return total
}
