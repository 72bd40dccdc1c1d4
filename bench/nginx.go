package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// nginxModule is where Debian's libnginx-mod-rtmp has it.
const nginxModule = "/usr/lib/nginx/modules/ngx_rtmp_module.so"

// findNginx returns the program; it is often not in the search path of ordinary users.
func findNginx() (string, error) {
	if _, err := os.Stat(nginxModule); err != nil {
		return "", fmt.Errorf("nginx-rtmp is missing (Debian's package libnginx-mod-rtmp): %w", err)
	}
	if path, err := exec.LookPath("nginx"); err == nil {
		return path, nil
	}
	const path = "/usr/sbin/nginx"
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("nginx is missing (Debian's package nginx): %w", err)
	}
	return path, nil
}

// nginxFormats are what nginx-rtmp is told to write.
var nginxFormats = map[string]struct{ config, recorded string }{
	"flv": {"record all; record_path %s; record_unique off;", "rec/%s.flv"},
	"hls": {
		"record off; hls on; hls_path %s; hls_nested on; hls_fragment 6s; hls_playlist_length 100h; hls_cleanup off;",
		"rec/%s/*.ts",
	},
}

// nginx is nginx-rtmp with one worker, writing flv or hls.
func (b *bench) nginxRTMP(format string) target {
	return target{name: "nginx-rtmp " + format, format: format, start: func(ctx context.Context, dir string) (*server, error) {
		address, err := freeAddress()
		if err != nil {
			return nil, err
		}
		if err := os.Mkdir(filepath.Join(dir, "rec"), 0o755); err != nil {
			return nil, err
		}
		config := filepath.Join(dir, "nginx.conf")
		if err := os.WriteFile(config, []byte(nginxConfig(dir, address, format)), 0o644); err != nil {
			return nil, err
		}
		p, err := startProcess(dir, nil, b.nginx, "-p", dir, "-e", filepath.Join(dir, "log"), "-c", config)
		if err != nil {
			return nil, err
		}
		s := &server{process: p, dir: dir, address: address, recorded: nginxFormats[format].recorded}
		return s, p.await(ctx, "listening socket", listens(address))
	}}
}

func nginxConfig(dir, address, format string) string {
	user := ""
	if os.Getuid() == 0 {
		user = "user root;\n" // the worker writes where this program does
	}
	return user + fmt.Sprintf(`load_module %s;
daemon off;
worker_processes 1;
worker_rlimit_nofile 8192;
pid %s;
events { worker_connections 4096; }
rtmp {
	access_log off;
	server {
		listen %s;
		chunk_size %d;
		application %s { live on; %s }
	}
}
`, nginxModule, filepath.Join(dir, "pid"), address, chunkSize, app,
		fmt.Sprintf(nginxFormats[format].config, filepath.Join(dir, "rec")))
}
