package server

import (
	"net"
	"path/filepath"
	"strings"

	"aircheck/configs"
)

// announce tells whoever reads the log where the server is reached, and what is needed to begin.
func (s *Server) announce() {
	s.log.Info("aircheck", "version", s.version, "data_dir", s.data.path)
	s.log.Info("listening", "face", "rtmp", "address", s.rtmp.Addr().String())
	if a := s.rtmp.TLSAddr(); a != nil {
		s.log.Info("listening", "face", "rtmps", "address", a.String())
	}
	s.log.Info("listening", "face", "http", "address", s.listener.Addr().String())
	if s.secured != nil {
		s.log.Info("listening", "face", "https", "address", s.secured.Addr().String())
	}
	if s.debug != nil {
		s.log.Info("listening", "face", "debug", "address", s.debug.listener.Addr().String())
	}
	console := consoleAddress(s.heard())
	if s.freshPassword != "" {
		s.log.Info("the console's password, shown this once; aircheck password makes another", "password", s.freshPassword, "console", console)
	}
	s.log.Info("ready; for an address to push to from other machines run: aircheck url live/show", "console", console,
		"api_key", filepath.Join("secrets", "api_key"), "recordings", s.recorder.Dir, "formats", strings.Join(s.rules.Formats, ","))
}

// consoleAddress is where a person opens the console.
func consoleAddress(cfg configs.Config) string {
	if cfg.HTTP.PublicURL != "" {
		return strings.TrimSuffix(cfg.HTTP.PublicURL, "/") + "/console/"
	}
	host, _, err := net.SplitHostPort(cfg.HTTP.Address)
	if ip := net.ParseIP(host); err != nil || host == "" || ip != nil && ip.IsUnspecified() {
		host = machineHost()
	}
	return "http://" + atPort(host, cfg.HTTP.Address, "80") + "/console/"
}
