package main

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
)

// formatParams are the parameters of a template that switch its formats.
var formatParams = map[string]string{"flv": "FlvParam", "mp4": "Mp4Param", "hls": "HlsParam", "aac": "AacParam"}

// aircheck is our server, recording one format in files of up to two hours. Settings are further environment variables.
func (b *bench) aircheck(name, format string, settings ...string) target {
	return target{name: name, format: format, start: func(ctx context.Context, dir string) (*server, error) {
		s, err := b.startAircheck(ctx, dir, format, settings...)
		if err != nil {
			return nil, err
		}
		template := map[string]any{"TemplateId": 1}
		for f, param := range formatParams {
			template[param] = map[string]any{"Enable": 0}
			if f == format {
				template[param] = map[string]any{"Enable": 1, "RecordInterval": 7200}
			}
		}
		if err := s.api.call(ctx, "ModifyLiveRecordTemplate", template, nil); err != nil {
			s.kill()
			return nil, err
		}
		return s, nil
	}}
}

// startAircheck starts our server on what is in a folder.
func (b *bench) startAircheck(ctx context.Context, dir, format string, settings ...string) (*server, error) {
	rtmp, err := freeAddress()
	if err != nil {
		return nil, err
	}
	http, err := freeAddress()
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	env := append([]string{
		"AIRCHECK_DATA_DIR=" + data, "AIRCHECK_RTMP_ADDRESS=" + rtmp, "AIRCHECK_HTTP_ADDRESS=" + http,
		"AIRCHECK_RTSP_ADDRESS=127.0.0.1:0", "AIRCHECK_RTSP_UDP_RTP_ADDRESS=127.0.0.1:0", "AIRCHECK_RTSP_UDP_RTCP_ADDRESS=127.0.0.1:0",
	}, settings...)
	p, err := startProcess(dir, env, b.binary)
	if err != nil {
		return nil, err
	}
	if err := p.await(ctx, "readiness", isReady(http)); err != nil {
		return nil, err
	}
	s := &server{process: p, dir: dir, address: rtmp, recorded: "data/recordings/localhost/" + app + "/%s/*/*." + format}
	if format == "hls" {
		s.recorded = "data/recordings/localhost/" + app + "/%s/*/*/media.ts"
	}
	s.api, err = openAPI(http, filepath.Join(data, "secrets", "api_key"))
	if err != nil {
		s.kill()
		return nil, err
	}
	return s, nil
}

// isReady asks our server whether it is ready.
func isReady(address string) func() bool {
	return func() bool {
		res, err := http.Get(fmt.Sprintf("http://%s/readyz", address))
		if err != nil {
			return false
		}
		return res.Body.Close() == nil && res.StatusCode == http.StatusOK
	}
}
