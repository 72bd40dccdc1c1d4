package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
)

// api calls the actions of our server.
type api struct {
	url, id, key string
	client       *http.Client
}

// openAPI reads the key pair that the server made.
func openAPI(address, keyFile string) (*api, error) {
	b, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, err
	}
	id, key, found := strings.Cut(strings.TrimSpace(string(b)), ":")
	if !found {
		return nil, fmt.Errorf("%s holds no SecretId:SecretKey", keyFile)
	}
	return &api{url: "http://" + address + "/", id: id, key: key, client: &http.Client{}}, nil
}

// call performs an action and fills in the answer, which may be nil.
func (a *api) call(ctx context.Context, action string, params map[string]any, answer any) error {
	body, err := json.Marshal(params)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.SetBasicAuth(a.id, a.key)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-TC-Action", action)
	res, err := a.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	var envelope struct{ Response json.RawMessage }
	if err := json.NewDecoder(res.Body).Decode(&envelope); err != nil {
		return fmt.Errorf("%s: answer %s: %w", action, res.Status, err)
	}
	var failed struct {
		Error *struct{ Code, Message string }
	}
	if err := json.Unmarshal(envelope.Response, &failed); err != nil {
		return fmt.Errorf("%s: %w", action, err)
	}
	if failed.Error != nil {
		return fmt.Errorf("%s: %s: %s", action, failed.Error.Code, failed.Error.Message)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(envelope.Response, answer)
}

// asset is a file in the catalogue.
type asset struct {
	FileID    string `json:"FileId"`
	BasicInfo struct{ Status string }
}

// ready: the file is finished.
func (a asset) ready() bool { return a.BasicInfo.Status == "Normal" }

// assets are the files of a stream that are in the catalogue.
func (a *api) assets(ctx context.Context, stream string) ([]asset, error) {
	var answer struct{ MediaInfoSet []asset }
	err := a.call(ctx, "SearchMedia", map[string]any{"StreamIds": []string{stream}, "Filters": []string{"basicInfo"}}, &answer)
	return answer.MediaInfoSet, err
}

// asset shows one file.
func (a *api) asset(ctx context.Context, id string) (asset, error) {
	var answer struct{ MediaInfoSet []asset }
	err := a.call(ctx, "DescribeMediaInfos", map[string]any{"FileIds": []string{id}, "Filters": []string{"basicInfo"}}, &answer)
	if err == nil && len(answer.MediaInfoSet) != 1 {
		err = fmt.Errorf("file %s is not in the catalogue", id)
	}
	if err != nil {
		return asset{}, err
	}
	return answer.MediaInfoSet[0], nil
}

// remove deletes a file.
func (a *api) remove(ctx context.Context, id string) error {
	return a.call(ctx, "DeleteMedia", map[string]any{"FileId": id}, nil)
}
