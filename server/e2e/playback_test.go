package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	vod "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/vod/v20180717"
)

// domainConfig is the request of ModifyVodDomainConfig, which this version of the SDK does not know.
type domainConfig struct {
	*tchttp.BaseRequest
	Domain    *string        `json:"Domain,omitempty" name:"Domain"`
	Signature *signedAddress `json:"UrlSignatureAuthPolicy,omitempty" name:"UrlSignatureAuthPolicy"`
}

type signedAddress struct {
	Status *string `json:"Status,omitempty" name:"Status"`
	Key    *string `json:"EncryptedKey,omitempty" name:"EncryptedKey"`
}

type noAnswer struct {
	*tchttp.BaseResponse
	Response struct{}
}

// signing switches key hotlink protection on or off.
func (s *instance) signing(status, key string) {
	s.t.Helper()
	domains, err := s.vod(calls[0]).DescribeVodDomains(vod.NewDescribeVodDomainsRequest())
	if err != nil {
		s.t.Fatal(err)
	}
	q := &domainConfig{
		BaseRequest: &tchttp.BaseRequest{}, Domain: domains.Response.DomainSet[0].Domain, Signature: &signedAddress{Status: &status, Key: &key},
	}
	q.Init().WithApiInfo("vod", "2018-07-17", "ModifyVodDomainConfig")
	if err := s.vod(calls[0]).Send(q, &noAnswer{BaseResponse: &tchttp.BaseResponse{}}); err != nil {
		s.t.Fatal(err)
	}
}

// playlistOf turns the address of a file into that of its playlist.
func playlistOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = u.Path[:strings.LastIndex(u.Path, ".")] + ".m3u8"
	u.RawPath = ""
	return u.String()
}

// TestPlayback: FLV and MP4 recordings play as HLS with every packet of what was pushed, also from signed addresses alone.
func TestPlayback(t *testing.T) {
	s := start(t)
	s.createRule("localhost", "live", "show", s.createTemplate("both", 3600, 3600))
	source := clip(t, 15)
	if err := s.push(source, "live/show", false); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the files", func() bool {
		found := s.searchStream("show")
		return len(found) == 2 && *found[0].BasicInfo.Status == "Normal" && *found[1].BasicInfo.Status == "Normal"
	})
	want := units(t, source)
	for _, m := range s.searchStream("show") {
		sameWithin(t, *m.BasicInfo.Type, want, units(t, playlistOf(t, *m.BasicInfo.MediaUrl)), 0.00005)
	}
	s.signing("Enabled", "24FEQmTzro4V5u3D5epW")
	for _, m := range s.searchStream("show") {
		address := *m.BasicInfo.MediaUrl
		bare, query, _ := strings.Cut(strings.TrimPrefix(address, "http://"), "?")
		_, path, _ := strings.Cut(bare, "/")
		if answer, body := s.get("/" + path); answer.StatusCode != http.StatusForbidden || !strings.Contains(string(body), "signed") {
			t.Errorf("unsigned: %s %s", answer.Status, body)
		}
		if answer, _ := s.get("/" + path + "?" + query); answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", address, answer.Status)
		}
		sameWithin(t, *m.BasicInfo.Type, want, units(t, playlistOf(t, address)), 0.00005)
	}
	s.signing("Disabled", "")
	s.stop()
}
