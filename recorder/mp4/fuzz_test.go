package mp4_test

import (
	"errors"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
	"aircheck/recorder/mp4"
	"aircheck/recorder/recordertest"
)

func seeds(t testing.TB) (tracks []*media.Track, data, finished, index []byte) {
	tracks = []*media.Track{mediatest.H264(1, 1000), mediatest.AAC(2, 1000)}
	units := mediatest.Interleave(mediatest.Pictures(tracks[0], 5, 0, 240)[1:], mediatest.Sound(tracks[1], 4, 100))
	data, index = write(t, tracks, units)
	return tracks, data, finish(t, tracks, data, index), index
}

func FuzzMP4Scan(f *testing.F) {
	tracks, data, finished, _ := seeds(f)
	f.Add(data, int64(0))
	f.Add(finished, int64(0))
	f.Fuzz(func(t *testing.T, data []byte, from int64) {
		recordertest.FuzzScan(t, mp4.Format{}, data, from, tracks)
	})
}

// FuzzMP4Codecs scans files of all codecs.
func FuzzMP4Codecs(f *testing.F) {
	names := mediatest.Codecs()
	for i, name := range names {
		data, _ := codecSeed(f, name)
		f.Add(data, int64(0), uint8(i))
	}
	f.Fuzz(func(t *testing.T, data []byte, from int64, codec uint8) {
		track := mediatest.Track(names[int(codec)%len(names)], 1, 1000)
		recordertest.FuzzScan(t, mp4.Format{}, data, from, []*media.Track{track})
	})
}

// codecSeed returns a small file of a codec, unfinished and finished.
func codecSeed(f *testing.F, name string) (data, finished []byte) {
	track := mediatest.Track(name, 1, 1000)
	data, index := write(f, []*media.Track{track}, mediatest.Units(track, 3, 100))
	return data, finish(f, []*media.Track{track}, data, index)
}

func FuzzMP4Read(f *testing.F) {
	_, data, finished, _ := seeds(f)
	f.Add(data)
	f.Add(finished)
	for _, name := range mediatest.Codecs() {
		data, finished := codecSeed(f, name)
		f.Add(data)
		f.Add(finished)
	}
	f.Fuzz(func(t *testing.T, data []byte) { recordertest.FuzzRead(t, mp4.Format{}, data) })
}

func FuzzMP4Finish(f *testing.F) {
	tracks, data, _, index := seeds(f)
	f.Add(index, int64(len(data)))
	f.Fuzz(func(t *testing.T, index []byte, size int64) {
		e, err := mp4.Format{}.Finish(container.Unfinished{Tracks: tracks, Size: size, Index: one(index)})
		if err != nil && !errors.Is(err, container.ErrCorrupt) {
			t.Fatal(err)
		}
		if err == nil && (len(e.Patches) != 1 || len(e.Trailer) < 8 || string(e.Trailer[4:8]) != "moov") {
			t.Fatal("an ending without moov")
		}
	})
}
