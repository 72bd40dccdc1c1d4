package hls_test

import (
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/flv"
	"aircheck/recorder/hls"
	"aircheck/recorder/recordertest"
)

func TestFormat(t *testing.T) {
	recordertest.Suite(t, hls.Format{}, recordertest.Options{
		Slack: time.Second / 90000, AnnexB: true, Rebuilt: true, Streamed: true, Wraps: (1 << 33) * time.Second / 90000, Extension: "ts",
		Unsupported: media.Opaque{FourCC: "vp08", Of: media.Video}, Source: flv.Format{},
	})
}

// seeds returns small files of both kinds.
func seeds(t testing.TB, video *media.Track) *recording {
	audio := mediatest.AAC(2, 1000)
	r := begin(t, 0, video, audio)
	r.add(mediatest.Interleave(mediatest.Pictures(video, 5, 0, 40), mediatest.Sound(audio, 4, 0))...)
	r.goOn(0, true, video)
	r.add(mediatest.Pictures(video, 3, 0, 40)...)
	r.finish()
	return r
}

func FuzzHLSScan(f *testing.F) {
	for _, v := range []*media.Track{mediatest.H264(1, 1000), mediatest.H265(1, 1000)} {
		f.Add(seeds(f, v).data, int64(0), v.Codec.Name() == "h265")
	}
	f.Fuzz(func(t *testing.T, data []byte, from int64, fragmented bool) {
		tracks := []*media.Track{mediatest.H264(1, 1000), mediatest.AAC(2, 1000)}
		if fragmented {
			tracks[0] = mediatest.H265(1, 1000)
		}
		recordertest.FuzzScan(t, hls.Format{}, data, from, tracks)
	})
}

func FuzzHLSRead(f *testing.F) {
	for _, v := range []*media.Track{mediatest.H264(1, 1000), mediatest.H265(1, 1000)} {
		f.Add(seeds(f, v).data)
	}
	for _, name := range []string{"av1", "vp9", "opus", "mp3", "ac3"} {
		track := mediatest.Track(name, 1, 1000)
		r := begin(f, 0, track)
		r.add(mediatest.Units(track, 3, 0)...)
		r.finish()
		f.Add(r.data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { recordertest.FuzzRead(t, hls.Format{}, data) })
}

func BenchmarkAppend(b *testing.B) { recordertest.Append(b, hls.Format{}) }
