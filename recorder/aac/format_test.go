package aac_test

import (
	"testing"

	"aircheck/ingest/media/mediatest"
	"aircheck/recorder/aac"
	"aircheck/recorder/flv"
	"aircheck/recorder/recordertest"
)

func TestSuite(t *testing.T) {
	recordertest.Suite(t, aac.Format{}, recordertest.Options{
		AudioOnly:   true,
		Timeless:    true,
		Rebuilt:     true,
		Streamed:    true,
		Unsupported: mediatest.H264(1, 1000).Codec,
		Source:      flv.Format{},
	})
}

func BenchmarkAppend(b *testing.B) { recordertest.Append(b, aac.Format{}) }
