package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// rtspAddress is where the server listens for RTSP; face is "rtsp" or "rtsps".
func (s *instance) rtspAddress(face string) string {
	return face + "://" + s.await("listening", "face", face).text("address")
}

// rtspPush pushes a clip in real time.
func (s *instance) rtspPush(clip, to, transport string) {
	s.t.Helper()
	run(s.t, "ffmpeg", "-v", "error", "-nostdin", "-re", "-i", clip, "-c", "copy", "-f", "rtsp", "-rtsp_transport", transport, to)
}

// mp4 returns the format of that name.
func mp4() format {
	for _, f := range formats() {
		if f.name == "mp4" {
			return f
		}
	}
	panic("no mp4")
}

// TestRTSP pushes by every transport. The recordings hold every picture of the source; of the sound, ffmpeg keeps back the last frames.
func TestRTSP(t *testing.T) {
	certificate, key := selfSigned(t)
	s := start(t, "AIRCHECK_TLS_CERTIFICATE="+certificate, "AIRCHECK_TLS_KEY="+key, "AIRCHECK_RTSP_TLS_ADDRESS=127.0.0.1:0")
	source := clip(t, 3)
	want := units(t, source)
	for _, c := range []struct{ name, face, transport string }{
		{"tcp", "rtsp", "tcp"}, {"udp", "rtsp", "udp"}, {"tls", "rtsps", "tcp"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := s.inRTSP(t)
			s.rtspPush(source, s.rtspAddress(c.face)+"/live/"+c.name, c.transport)
			got := units(t, s.recorded(c.name, mp4(), 1)[0])
			sameAsPushed(t, want, got)
			if gaps := s.courses(c.name, mp4())[0].Gaps; len(gaps) != 0 {
				t.Errorf("gaps: %+v", gaps)
			}
		})
	}
}

// inRTSP is in, with the log that rtspAddress looks into.
func (s *instance) inRTSP(t *testing.T) *instance {
	c := s.in(t)
	c.log = s.log
	return c
}

// sameAsPushed compares payloads, and presentation times up to one shift: RTP has no decoding times.
func sameAsPushed(t *testing.T, want, got map[string][]packet) {
	t.Helper()
	const slack, heldBack = 0.0015, 8
	shift := seconds(t, got["video"][0].PTS) - seconds(t, want["video"][0].PTS)
	for kind, w := range want {
		g := got[kind]
		if missing := len(w) - len(g); missing < 0 || missing > heldBack || missing > 0 && kind == "video" {
			t.Errorf("%d %s packets, the source has %d", len(g), kind, len(w))
			continue
		}
		for i := range g {
			moved := seconds(t, g[i].PTS) - seconds(t, w[i].PTS)
			if g[i].Hash != w[i].Hash || math.Abs(moved-shift) > slack {
				t.Errorf("%s packet %d differs from the source; moved by %.4f s, the first by %.4f s", kind, i, moved, shift)
				break
			}
		}
	}
}

// TestRTSPOverALossyNetwork loses one packet in a hundred on the way. The recording goes on, and lists what is missing.
func TestRTSPOverALossyNetwork(t *testing.T) {
	s := start(t)
	source := clip(t, 6, "-crf", "6") // many packets, few of which hold anything but slices
	r := startLossyRelay(t, strings.TrimPrefix(s.rtspAddress("rtsp"), "rtsp://"), 100)
	s.rtspPush(source, "rtsp://"+r.address()+"/live/lossy", "udp")
	file := s.recorded("lossy", mp4(), 1)[0] // one file: it did not stop
	want, got := units(t, source), units(t, file)
	hashes := map[string]bool{}
	for _, p := range want["video"] {
		hashes[p.Hash] = true
	}
	for i, p := range got["video"] {
		if !hashes[p.Hash] {
			t.Errorf("picture %d is none of the source's", i)
		}
	}
	missing := len(want["video"]) - len(got["video"])
	// On a machine under load the system loses some, too.
	counted, _ := s.await("stream ended", "stream", "localhost/live/lossy")["packets_lost"].(float64)
	if n := r.lost.Load(); n < 3 || missing < 1 || missing > max(int(n), int(counted)) {
		t.Errorf("%d packets were lost, the server counted %g, and %d of %d pictures", n, counted, missing, len(want["video"]))
	}
	listed := 0
	for _, g := range s.courses("lossy", mp4())[0].Gaps {
		if strings.Contains(g.Reason, "network") {
			listed += g.Units
		}
	}
	if listed < missing {
		t.Errorf("the gap list tells of %d units, %d pictures are missing", listed, missing)
	}
	first, last := got["video"][0], got["video"][len(got["video"])-1]
	if length := seconds(t, last.PTS) - seconds(t, first.PTS); length < 5.5 {
		t.Errorf("the recording has %.2f s", length)
	}
}

// TestRTSPPushKeys pushes with the key as user and password, and with none.
func TestRTSPPushKeys(t *testing.T) {
	s := start(t, "AIRCHECK_PUSH_AUTH=always")
	source := clip(t, 1)
	push := func(to string) error {
		_, err := output("ffmpeg", "-v", "error", "-nostdin", "-i", source, "-c", "copy", "-f", "rtsp", "-rtsp_transport", "tcp", to)
		return err
	}
	address := s.rtspAddress("rtsp")
	if push(address+"/live/guarded") == nil {
		t.Error("a push without a key was let in")
	}
	out, err := s.command("url", "live/guarded").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, query, _ := strings.Cut(string(out), "guarded?")
	query = strings.Trim(strings.Fields(query)[0], `'"`)
	if err := push(address + "/live/guarded?" + query); err != nil {
		t.Errorf("with the key in the address: %v", err)
	}
	secret, txTime, _ := strings.Cut(strings.TrimPrefix(query, "txSecret="), "&txTime=")
	if err := push(strings.Replace(address, "rtsp://", "rtsp://"+txTime+":"+secret+"@", 1) + "/live/guarded"); err != nil {
		t.Errorf("with the key as user and password: %v", err)
	}
	if push(strings.Replace(address, "rtsp://", "rtsp://"+txTime+":wrong@", 1)+"/live/guarded") == nil {
		t.Error("a push with a wrong password was let in")
	}
}

// selfSigned makes a certificate for 127.0.0.1 and returns the files of it and its key.
func selfSigned(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "127.0.0.1"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, b []byte) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	return write("certificate.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", secret)
}
