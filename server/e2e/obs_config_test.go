//go:build publishers

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// obsConfig writes what OBS expects in its configuration folder: one profile, one scene with a clip that is played for
// ever, keys for what a user would click on. In simple mode with the quality "Stream", the file that OBS records holds
// the packets it streams.
func obsConfig(t *testing.T, home, address, clip string) {
	t.Helper()
	fill := strings.NewReplacer("HOME", home, "ADDRESS", address, "CLIP", clip)
	for name, text := range map[string]string{
		"global.ini": obsGlobal, "basic/profiles/e2e/basic.ini": obsProfile, "basic/profiles/e2e/service.json": obsService,
		"basic/scenes/e2e.json": obsScene,
	} {
		name = filepath.Join(home, ".config", "obs-studio", name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(fill.Replace(text)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"recorded", "run"} {
		if err := os.Mkdir(filepath.Join(home, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
}

const (
	// Its remote control would listen on every interface: ServerEnabled stays off.
	obsGlobal = `[General]
FirstRun=true
EnableAutoUpdates=false
Pre19Defaults=false
Pre21Defaults=false
Pre23Defaults=false
Pre24.1Defaults=false
HotkeyFocusType=NeverDisableHotkeys
[Basic]
Profile=e2e
ProfileDir=e2e
SceneCollection=e2e
SceneCollectionFile=e2e
[BasicWindow]
SysTrayEnabled=false
[OBSWebSocket]
FirstLoad=false
ServerEnabled=false
`
	obsProfile = `[General]
Name=e2e
[Output]
Mode=Simple
Reconnect=true
RetryDelay=1
MaxRetries=20
[SimpleOutput]
FilePath=HOME/recorded
RecFormat=flv
RecQuality=Stream
VBitrate=800
ABitrate=128
StreamEncoder=x264
UseAdvanced=true
Preset=veryfast
x264Settings=keyint=30 bframes=2
[Video]
BaseCX=640
BaseCY=360
OutputCX=640
OutputCY=360
FPSType=0
FPSCommon=30
[Audio]
SampleRate=48000
ChannelSetup=Stereo
[Hotkeys]
OBSBasic.StartStreaming={"bindings":[{"key":"OBS_KEY_F5"}]}
OBSBasic.StopStreaming={"bindings":[{"key":"OBS_KEY_F6"}]}
OBSBasic.StopRecording={"bindings":[{"key":"OBS_KEY_F8"}]}
`
	obsService = `{"type":"rtmp_custom","settings":{"server":"rtmp://ADDRESS/live","key":"obs","use_auth":false}}`
	obsScene   = `{"name":"e2e","current_scene":"Scene","current_program_scene":"Scene","scene_order":[{"name":"Scene"}],
"current_transition":"Cut","transition_duration":300,"transitions":[],"sources":[
{"id":"ffmpeg_source","versioned_id":"ffmpeg_source","name":"Clip","enabled":true,"volume":1.0,"mixers":1,
 "settings":{"is_local_file":true,"local_file":"CLIP","looping":true,"restart_on_activate":false,"hw_decode":false}},
{"id":"scene","versioned_id":"scene","name":"Scene","enabled":true,"settings":{"id_counter":1,
 "items":[{"id":1,"name":"Clip","visible":true,"pos":{"x":0.0,"y":0.0},"scale":{"x":2.0,"y":2.0},"align":5}]}}]}`
)
