package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"sync"
	"time"
)

// debugFace serves profiles of the running process under /debug/pprof/. Its address is a loopback one: nobody is asked for a key.
type debugFace struct {
	listener net.Listener
	http     *http.Server
	// cancel ends the profiles that are being taken.
	cancel  context.CancelFunc
	serving sync.WaitGroup
}

// openDebug listens, if it is configured. It comes early, so that it is closed late: a stop that hangs can be looked into.
func (s *Server) openDebug(context.Context) error {
	if s.cfg.Debug.Address == "" {
		return nil
	}
	listener, err := net.Listen("tcp", s.cfg.Debug.Address)
	if err != nil {
		return unheard("debug.address", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.debug = &debugFace{listener: listener, cancel: cancel, http: &http.Server{
		Handler: fromHere(profiles()), BaseContext: func(net.Listener) context.Context { return ctx },
		// No ReadTimeout: it would cut short a profile that takes longer.
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}}
	s.onClose(s.debug.Close)
	return nil
}

// profiles is a mux of its own. The package also puts its handlers on http.DefaultServeMux, which nothing here serves.
func profiles() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	return mux
}

// fromHere refuses requests that name this machine as others do: a web page may have its own name lead to a loopback address, and read
// what is answered there.
func fromHere(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopbackHost(r.Host) {
			http.Error(w, "profiles are served under the name localhost, or a loopback address", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// start serves until Close.
func (d *debugFace) start(log *slog.Logger) {
	d.serving.Go(func() {
		if err := d.http.Serve(d.listener); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			log.Error("profiles are not served any more", "error", err)
		}
	})
}

// Close stops listening. Who is taking a profile gets it as far as it is.
func (d *debugFace) Close() error {
	_ = d.listener.Close() // closed already if it served
	d.cancel()
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	err := d.http.Shutdown(ctx)
	if err != nil {
		err = d.http.Close()
	}
	d.serving.Wait()
	return err
}
