package rtsp

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtp"
	"go.uber.org/goleak"
)

// TestMain runs the tests, or for "make bench" the library alone: it reads what is pushed to an address, and discards it.
func TestMain(m *testing.M) {
	address := os.Getenv("AIRCHECK_RTSP_DISCARD")
	if address == "" {
		goleak.VerifyTestMain(m)
		return
	}
	s := &gortsplib.Server{Handler: discard{}, RTSPAddress: address}
	if err := s.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, os.Interrupt)
	<-stop
	s.Close()
}

// discard is the least that a server must answer.
type discard struct{}

// OnAnnounce is the library's.
func (discard) OnAnnounce(*gortsplib.ServerHandlerOnAnnounceCtx) (*base.Response, error) {
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// OnSetup is the library's.
func (discard) OnSetup(*gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	return &base.Response{StatusCode: base.StatusOK}, nil, nil
}

// OnRecord is the library's.
func (discard) OnRecord(ctx *gortsplib.ServerHandlerOnRecordCtx) (*base.Response, error) {
	ctx.Session.OnPacketRTPAny(func(*description.Media, format.Format, *rtp.Packet) {})
	return &base.Response{StatusCode: base.StatusOK}, nil
}
