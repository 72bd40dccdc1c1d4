package mp4_test

import (
	"testing"

	"aircheck/ingest/media"
	"aircheck/recorder/flv"
	"aircheck/recorder/mp4"
	"aircheck/recorder/recordertest"
)

func TestSuite(t *testing.T) {
	recordertest.Suite(t, mp4.Format{}, recordertest.Options{
		KeepsIDs:    true,
		Unsupported: media.Opaque{FourCC: "av01", Of: media.Video},
		Source:      flv.Format{},
	})
}
