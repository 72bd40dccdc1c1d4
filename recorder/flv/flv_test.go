package flv_test

import (
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/flv"
	"aircheck/recorder/recordertest"
)

func TestSuite(t *testing.T) {
	recordertest.Suite(t, flv.Format{}, recordertest.Options{
		Slack:       500 * time.Microsecond,
		Sealed:      true,
		Unsupported: media.Opaque{FourCC: "rv40", Of: media.Video},
		Source:      flv.Format{},
	})
}
