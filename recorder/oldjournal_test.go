package recorder

import (
	"bytes"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/flv"
)

// TestOldNames checks that FLV files are recovered whose journals call a codec by its fourCC, and may have no configuration of it: versions
// that did not understand these codecs wrote them so.
func TestOldNames(t *testing.T) {
	for old, name := range map[string]string{
		"av01": "av1", "vp08": "vp8", "vp09": "vp9", "opus": "opus", "ac-3": "ac3", ".mp3": "mp3", "flac": "flac", "ec-3": "ec-3",
	} {
		for what, empty := range map[string]bool{"as announced": false, "not announced": true} {
			t.Run(old+" "+what, func(t *testing.T) {
				content := name
				if name == "flac" || name == "ec-3" {
					content = "opus" // what is in the frames does not matter
				}
				units := mediatest.Units(mediatest.Track(content, 1, 1000), 40, 0)
				config := units[0].Track.Codec.Config()
				if v, ok := units[0].Track.Codec.(interface{ Record() []byte }); ok {
					config = v.Record()
				}
				if empty || name == "mp3" || name == "ac3" {
					config = nil
				}
				kind := units[0].Track.Codec.Kind()
				written := &media.Track{ID: 1, Timescale: 1000, Codec: media.Opaque{FourCC: name, Of: kind, Extra: config}}
				w, err := flv.Format{}.NewWriter([]*media.Track{written})
				if err != nil {
					t.Fatal(err)
				}
				data := w.Header(nil, 0)
				for _, u := range units {
					u.Track = written
					if data, err = w.Append(data, u); err != nil {
						t.Fatal(err)
					}
				}
				tracks, err := journalTracks{{ID: 1, Timescale: 1000, Codec: old, Kind: kind, Config: config}}.tracks()
				if err != nil {
					t.Fatal(err)
				}
				end, err := flv.Format{}.Scan(bytes.NewReader(data), int64(len(data)), 0, tracks, func([]byte) error { return nil })
				if err != nil || end != int64(len(data)) {
					t.Errorf("whole up to %d of %d bytes: %v", end, len(data), err)
				}
			})
		}
	}
}
