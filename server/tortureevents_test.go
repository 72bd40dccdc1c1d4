package server

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// configure has all streams recorded in all formats, those of one app in one file over interruptions, and everything told.
func (x *torture) configure() {
	template := map[string]any{"TemplateId": 1}
	for _, p := range []string{"FlvParam", "Mp4Param", "HlsParam", "AacParam"} {
		template[p] = map[string]any{"Enable": 1, "RecordInterval": 3600}
	}
	x.call("ModifyLiveRecordTemplate", template)
	goesOn := x.call("CreateLiveRecordTemplate", map[string]any{
		"TemplateName": splicedApp, "HlsParam": map[string]any{"Enable": 1},
		"HlsSpecialParam": map[string]any{"FlowContinueDuration": int(splicedWindow.Seconds())},
	})
	x.call("CreateLiveRecordRule", map[string]any{"DomainName": "localhost", "AppName": splicedApp, "TemplateId": goesOn})
	all := map[string]any{"TemplateName": "all", "CallbackKey": hooksKey}
	for _, p := range []string{"StreamBegin", "StreamEnd", "Record", "RecordStatus", "RecordException"} {
		all[p+"NotifyUrl"] = "http://" + x.hooks.address + "/"
	}
	told := x.call("CreateLiveCallbackTemplate", all)
	x.call("CreateLiveCallbackRule", map[string]any{"DomainName": "localhost", "AppName": "", "TemplateId": told})
}

// call calls an action as soon as the server listens, and returns the template of the answer.
func (x *torture) call(action string, params map[string]any) (template int64) {
	x.t.Helper()
	text, err := json.Marshal(params)
	if err != nil {
		x.t.Fatal(err)
	}
	key := filepath.Join(x.data(), "secrets", "api_key")
	x.eventually("the key", func() bool { _, err := os.Stat(key); return err == nil })
	pair, err := os.ReadFile(key)
	if err != nil {
		x.t.Fatal(err)
	}
	id, secret, _ := strings.Cut(strings.TrimSpace(string(pair)), ":")
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	x.eventually(action, func() bool {
		req, err := http.NewRequest(http.MethodPost, "http://"+x.http+"/", bytes.NewReader(text))
		if err != nil {
			x.t.Fatal(err)
		}
		req.SetBasicAuth(id, secret)
		req.Header.Set("X-TC-Action", action)
		req.Header.Set("Content-Type", "application/json")
		answer, err := client.Do(req)
		if err != nil {
			return false // it does not listen yet
		}
		defer answer.Body.Close()
		var said struct {
			Response struct {
				Error      any
				TemplateID int64 `json:"TemplateId"`
			}
		}
		err = json.NewDecoder(answer.Body).Decode(&said)
		if err != nil || said.Response.Error != nil {
			x.t.Fatalf("%s: %v, %v", action, said.Response.Error, err)
		}
		template = said.Response.TemplateID
		return true
	})
	return template
}

// checkEvents counts the events of finished files: one for each.
func (x *torture) checkEvents() {
	count := map[string]int{}
	for _, row := range x.query("SELECT payload FROM events WHERE type = 100") {
		var ready struct{ FileID string }
		if err := json.Unmarshal([]byte(row[0]), &ready); err != nil {
			x.t.Fatal(err)
		}
		count[ready.FileID]++
		x.events++
	}
	assets := x.query("SELECT id FROM assets")
	for _, a := range assets {
		if n := count[a[0]]; n != 1 {
			x.t.Errorf("%d events of file %s", n, a[0])
		}
	}
	if x.events != len(assets) {
		x.t.Errorf("%d events of %d files", x.events, len(assets))
	}
}
