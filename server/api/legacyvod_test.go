package api_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"aircheck/server/api"
	"aircheck/vod"
)

// signedAs is what old clients sign: the host of the cloud, or the one that they connect to, with "_" in names as "." or not.
type signedAs struct {
	host   string
	dotted bool
}

// v2 calls an action of the old API. A form is sent by POST.
func (f *fixture) v2(t *testing.T, method string, as signedAs, p map[string]string) map[string]any {
	t.Helper()
	f.nonce++
	all := map[string]string{
		"SecretId": secretID, "Timestamp": strconv.FormatInt(time.Now().Unix(), 10), "Nonce": strconv.Itoa(f.nonce), "Region": "gz",
	}
	maps.Copy(all, p)
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		shown := name
		if as.dotted {
			shown = strings.ReplaceAll(name, "_", ".")
		}
		parts = append(parts, shown+"="+all[name])
	}
	host := as.host
	if host == "" {
		host = strings.TrimPrefix(f.http.URL, "http://")
	}
	mac := hmac.New(sha1.New, []byte(secretKey))
	mac.Write([]byte(method + host + "/v2/index.php?" + strings.Join(parts, "&")))
	form := url.Values{}
	for name, value := range all {
		form.Set(name, value)
	}
	if _, ok := p["Signature"]; !ok {
		form.Set("Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	target, body := f.http.URL+"/v2/index.php?"+form.Encode(), io.Reader(nil)
	if method == http.MethodPost {
		target, body = f.http.URL+"/v2/index.php", strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(t.Context(), method, target, body)
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := f.http.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got := map[string]any{}
	d := json.NewDecoder(resp.Body)
	d.UseNumber()
	if err := d.Decode(&got); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s, %v", resp.Status, err)
	}
	return got
}

func TestLegacyPlayInfo(t *testing.T) {
	f := serve(t, nil)
	for i := range 12 {
		a := sample()
		a.ID, a.Name, a.CreateTime = vod.FileID(100+i), fmt.Sprintf("class_%d", i), a.CreateTime.Add(time.Duration(i)*time.Minute)
		f.add(t, a)
	}
	live := sample()
	live.ID, live.Name, live.Status = 300, "live", vod.StatusRecording
	f.record(t, live)
	file := func(id int, name string) string {
		return fmt.Sprintf(`{"fileId":"%d","fileName":"%s","duration":8,"status":"2","imageUrl":"","playSet":[
			{"url":"%s/vod/%d/%s.mp4","definition":0,"vbitrate":1000,"vheight":360,"vwidth":640}]}`, id, name, f.http.URL, id, name)
	}
	for _, c := range []struct {
		method string
		as     signedAs
	}{
		{http.MethodGet, signedAs{}},
		{http.MethodPost, signedAs{}},
		{http.MethodGet, signedAs{host: "vod.api.qcloud.com"}},
		{http.MethodPost, signedAs{host: "vod.api.qcloud.com", dotted: true}},
	} {
		got := f.v2(t, c.method, c.as, map[string]string{"Action": "DescribeRecordPlayInfo", "vid": "104", "notify_url": "http://x"})
		sameJSON(t, got, `{"code":0,"message":"","codeDesc":"Success","fileSet":[`+file(104, "class_4")+`]}`)
		got = f.v2(t, c.method, c.as, map[string]string{"Action": "DescribeVodPlayInfo", "fileName": "class_", "pageNo": "6", "pageSize": "2"})
		sameJSON(t, got, `{"code":0,"message":"","codeDesc":"Success","totalCount":12,"fileSet":[`+file(101, "class_1")+`,`+file(100, "class_0")+`]}`)
	}
	got := f.v2(t, http.MethodGet, signedAs{}, map[string]string{"Action": "DescribeVodPlayInfo", "fileName": "class_"})
	if files := got["fileSet"].([]any); len(files) != 10 || files[0].(map[string]any)["fileId"] != "111" {
		t.Errorf("%v", got)
	}
	got = f.v2(t, http.MethodGet, signedAs{}, map[string]string{"Action": "DescribeVodPlayInfo", "fileName": "class_", "pageNo": "9"})
	sameJSON(t, got, `{"code":0,"message":"","codeDesc":"Success","totalCount":12,"fileSet":[]}`)
	got = f.v2(t, http.MethodGet, signedAs{}, map[string]string{"Action": "DescribeRecordPlayInfo", "vid": "300"})
	if one := got["fileSet"].([]any)[0].(map[string]any); one["status"] != "0" || len(one["playSet"].([]any)) != 1 {
		t.Errorf("%v", one)
	}
}

func TestLegacyErrors(t *testing.T) {
	f := serve(t, nil)
	f.add(t, sample())
	for _, c := range []struct {
		p    map[string]string
		code string
	}{
		{map[string]string{"Action": "DescribeVodPlayInfo"}, "4000"},
		{map[string]string{"Action": "DescribeVodPlayInfo", "fileName": "n", "pageNo": "x"}, "4000"},
		{map[string]string{"Action": "DescribeVodPlayInfo", "fileName": "n", "pageNo": "0"}, "4000"},
		{map[string]string{"Action": "DescribeVodPlayInfo", "fileName": "n", "pageSize": "101"}, "4000"},
		{map[string]string{"Action": "DescribeVodPlayInfo", "fileName": "n", "pageNo": "5000", "pageSize": "100"}, "4000"},
		{map[string]string{"Action": "DescribeVodPlayInfo", "fileName": strings.Repeat("n", 101)}, "4000"},
		{map[string]string{"Action": "DescribeVodPlayInfo", "fileName": "ews"}, "10008"},
		{map[string]string{"Action": "DescribeRecordPlayInfo"}, "4000"},
		{map[string]string{"Action": "DescribeRecordPlayInfo", "vid": "78"}, "10008"},
		{map[string]string{"Action": "DescribeRecordPlayInfo", "vid": "../1"}, "10008"},
		{map[string]string{"Action": "DescribeRecordPlayInfo", "vid": "77", "SubAppId": "5"}, "10008"},
		{map[string]string{"Action": "DeleteVodFile", "fileId": "77"}, "4000"},
		{map[string]string{}, "4000"},
		{map[string]string{"Action": "DescribeRecordPlayInfo", "vid": "77", "Timestamp": "1"}, "4200"},
		{map[string]string{"Action": "DescribeRecordPlayInfo", "vid": "77", "Signature": "bm8="}, "4100"},
		{map[string]string{"Action": "DescribeRecordPlayInfo", "vid": "77", "SecretId": "who"}, "4100"},
	} {
		got := f.v2(t, http.MethodGet, signedAs{}, c.p)
		if got["code"] != json.Number(c.code) || got["message"] == "" || got["codeDesc"] == "Success" || got["fileSet"] != nil {
			t.Errorf("%v: %v", c.p, got)
		}
	}
}

// panicking is a vod.Store that does not survive to be asked for files.
type panicking struct{ vod.Store }

func (panicking) AssetsByID(context.Context, []vod.FileID) ([]vod.Asset, error) {
	panic("the disk is on fire")
}

// TestLegacyPanic: its answer has the form of that API, too, and says nothing of what is in the log.
func TestLegacyPanic(t *testing.T) {
	f := serve(t, func(a *api.API) { a.Catalog.Store = panicking{a.Catalog.Store} })
	got := f.v2(t, http.MethodGet, signedAs{}, map[string]string{"Action": "DescribeRecordPlayInfo", "vid": "77"})
	sameJSON(t, got, `{"code":6000,"message":"an internal error; the server's log has it","codeDesc":"InternalError"}`)
	if !strings.Contains(f.log.String(), "the disk is on fire") {
		t.Errorf("logged %s", f.log.String())
	}
}
