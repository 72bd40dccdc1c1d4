package flv_test

import (
	"bytes"
	"slices"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/container"
	"aircheck/recorder/flv"
	"aircheck/recorder/recordertest"
)

// many returns a small file of a track of each codec, without the onMetaData tag.
func many() (tracks []*media.Track, data []byte) {
	var units []*media.Unit
	for i, name := range all[:10] {
		tracks = append(tracks, mediatest.Track(name, 1+i, 1000))
		units = append(units, mediatest.Units(tracks[i], 2, 0)...)
	}
	data, _ = write(&testing.B{}, tracks, units)
	return tracks, slices.Delete(data, 13, 13+11+16<<10+4)
}

// seeds returns a small file without the onMetaData tag.
func seeds() (tracks []*media.Track, data, index []byte) {
	tracks = []*media.Track{mediatest.H264(1, 1000), mediatest.AAC(2, 1000)}
	units := mediatest.Interleave(mediatest.Pictures(tracks[0], 5, 0, 40)[1:], mediatest.Sound(tracks[1], 4, 0))
	data, index = write(&testing.B{}, tracks, units)
	return tracks, slices.Delete(data, 13, 13+11+16<<10+4), index
}

func FuzzFLVScan(f *testing.F) {
	tracks, data, _ := seeds()
	f.Add(data, int64(0))
	f.Add(data, int64(13))
	f.Fuzz(func(t *testing.T, data []byte, from int64) {
		recordertest.FuzzScan(t, flv.Format{}, data, from, tracks)
	})
}

func FuzzFLVScanTracks(f *testing.F) {
	tracks, data := many()
	f.Add(data, int64(0))
	f.Add(data, int64(13))
	f.Fuzz(func(t *testing.T, data []byte, from int64) {
		recordertest.FuzzScan(t, flv.Format{}, data, from, tracks)
	})
}

func FuzzFLVRead(f *testing.F) {
	_, data, _ := seeds()
	f.Add(data)
	_, data = many()
	f.Add(data)
	f.Add(listed("video 0 vp8 000a82060606000000400030", "audio 0 aac", "audio 1 g711a"))
	f.Fuzz(func(t *testing.T, data []byte) { recordertest.FuzzRead(t, flv.Format{}, data) })
}

func FuzzFLVFinish(f *testing.F) {
	tracks, data, index := seeds()
	f.Add(index, int64(len(data)))
	f.Fuzz(func(_ *testing.T, index []byte, size int64) {
		e, err := flv.Format{}.Finish(container.Unfinished{Tracks: tracks, Size: size, Index: one(index)})
		if err == nil && (len(e.Patches) != 1 || !bytes.HasPrefix(e.Patches[0].Bytes, []byte("\x02\x00\x0aonMetaData"))) {
			panic("an ending without metadata")
		}
	})
}
