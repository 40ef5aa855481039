// Command build makes every file that a browser loads: it bundles TypeScript with
// esbuild, minifies scripts, styles and pages with tdewolff/minify (the recorder's in several
// ways, of which the smallest is kept: names.go), compresses all with
// andybalholm/brotli, and writes the results with a manifest into the dist folders, from
// where the binaries embed them (package asset).
//
// Order matters: the worker carries the name and hash of the core, the entry script those
// of the worker, so that one `integrity` value pins everything. The output depends on the
// sources and on the pinned versions alone; two runs are equal to the byte. The player's core alone, which takes long, is not
// compressed anew while what is committed holds the same bytes.
//
//	go run ./jsbridge/build [-core FILE] [-full-core FILE] [-player FILE] [-only recorder,ui,demo]
//
// There are two workers and two cores: for strict pages, and for pages that show something
// (level balanced, or an allow selector), with images and fonts. Without -core, -full-core
// and -player the committed WebAssembly is kept. The part npm is built only
// when named: it packs the recorder as an npm package (npm.go).
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// version is what the recorder reports as recorderVersion.
const version = "1.0.0"

func main() {
	core := flag.String("core", "", "freshly built recorder core `file` (.wasm) for strict pages; empty keeps the committed one")
	fullCore := flag.String("full-core", "", "freshly built recorder core `file` (.wasm) for pages that show something; empty is -core, or the committed one")
	player := flag.String("player", "", "freshly built player core `file` (.wasm); empty keeps the committed one")
	only := flag.String("only", "recorder,ui,demo", "comma-separated `parts` to build")
	root := flag.String("root", ".", "repository `folder`")
	flag.Parse()
	if *fullCore == "" {
		*fullCore = *core // without its tag a core fits both
	}
	for _, part := range strings.Split(*only, ",") {
		var err error
		switch part {
		case "recorder":
			err = buildRecorder(*root, *core, *fullCore)
		case "ui":
			err = buildUI(*root, *player)
		case "demo":
			err = buildDemo(*root)
		case "npm":
			err = buildNPM(*root, *fullCore)
		default:
			err = fmt.Errorf("unknown part %q: use recorder, ui, demo or npm", part)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
	}
}

func buildRecorder(root, coreFile, fullCoreFile string) error {
	out := newFolder(filepath.Join(root, "jsbridge", "dist"))
	out.smallest = true
	core, err := out.packed(coreFile, "afterimage-core.wasm")
	if err != nil {
		return err
	}
	fullCore, err := out.packed(fullCoreFile, "afterimage-core-full.wasm")
	if err != nil {
		return err
	}
	full, err := out.script(filepath.Join(root, "jsbridge/worker/main.ts"), "afterimage-worker-full.js", map[string]string{
		"__VERSION__":   quote(version),
		"__FULL__":      "true",
		"__CORE_NAME__": quote(fullCore.Name),
		"__CORE_HASH__": quote(fullCore.SHA256),
		"__NEXT_NAME__": `""`,
		"__NEXT_HASH__": `""`,
	}, hashedName)
	if err != nil {
		return err
	}
	defines := map[string]string{
		"__VERSION__":          quote(version),
		"__CORE_NAME__":        quote(core.Name),
		"__CORE_HASH__":        quote(core.SHA256),
		"__FULL__":             "false",
		"__NEXT_NAME__":        quote(fullCore.Name),
		"__NEXT_HASH__":        quote(fullCore.SHA256),
		"__FULL_WORKER_NAME__": quote(full.Name),
		"__FULL_WORKER_HASH__": quote(full.SHA256),
	}
	const swaps = 120 // a second for each dozen: for what every page view loads
	out.swaps, out.letters = swaps, ofWorker
	worker, err := out.script(filepath.Join(root, "jsbridge/worker/main.ts"), "afterimage-worker.js", defines, hashedName)
	out.swaps, out.letters = 0, nil
	if err != nil {
		return err
	}
	defines["__WORKER_NAME__"] = quote(worker.Name)
	defines["__WORKER_HASH__"] = quote(worker.SHA256)
	// The entry has the lean recorder and starts the full one: both know each other's properties by the same names.
	defines["__LEAN__"] = "false"
	out.mangled = map[string]any{}
	recorder, err := out.script(filepath.Join(root, "jsbridge/more/recorder.ts"), "afterimage-recorder.js", defines, hashedName)
	if err != nil {
		return err
	}
	defines["__RECORDER_NAME__"] = quote(recorder.Name)
	defines["__RECORDER_HASH__"] = quote(recorder.SHA256)
	more, err := out.script(filepath.Join(root, "jsbridge/more/main.ts"), "afterimage-more.js", defines, hashedName)
	if err != nil {
		return err
	}
	defines["__LEAN__"] = "true"
	defines["__MORE_NAME__"] = quote(more.Name)
	defines["__MORE_HASH__"] = quote(more.SHA256)
	out.swaps, out.letters = swaps, ofEntry
	entry, err := out.script(filepath.Join(root, "jsbridge/entry.ts"), "afterimage.js", defines, fixedName)
	out.swaps, out.letters = 0, nil
	if err != nil {
		return err
	}
	out.alias(entry, "afterimage."+out.shortHash(entry)+".js")
	if _, err := out.script(filepath.Join(root, "jsbridge/early.ts"), "afterimage-early.js", defines, fixedName); err != nil {
		return err
	}
	return out.write()
}

func buildUI(root, playerFile string) error {
	out := newFolder(filepath.Join(root, "replay", "dist"))
	player, err := out.wasm(playerFile, "player-core.wasm")
	if err != nil {
		return err
	}
	ui := filepath.Join(root, "replay", "ui")
	defines := map[string]string{"__VERSION__": quote(version), "__PLAYER_CORE__": quote(player.Name)}
	worker, err := out.script(filepath.Join(ui, "player/worker.ts"), "player-worker.js", defines, hashedName)
	if err != nil {
		return err
	}
	defines["__PLAYER_WORKER__"] = quote(worker.Name)
	for _, entry := range []string{"app", "embed"} {
		if _, err := out.script(filepath.Join(ui, entry+".ts"), entry+".js", defines, hashedName); err != nil {
			return err
		}
	}
	// The collector's page /privacy is made there and names it.
	if _, err := out.script(filepath.Join(ui, "privacy.ts"), "privacy.js", defines, fixedName); err != nil {
		return err
	}
	return out.pagesAndStyles(ui)
}

func buildDemo(root string) error {
	out := newFolder(filepath.Join(root, "collector", "demo", "dist"))
	src := filepath.Join(root, "collector", "demo", "shop")
	entries, err := filepath.Glob(filepath.Join(src, "*.ts"))
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return fmt.Errorf("%s has no .ts file: the demo shop is missing", src)
	}
	for _, entry := range entries {
		if strings.HasSuffix(entry, ".d.ts") {
			continue
		}
		name := strings.TrimSuffix(filepath.Base(entry), ".ts") + ".js"
		if _, err := out.script(entry, name, map[string]string{"__VERSION__": quote(version)}, hashedName); err != nil {
			return err
		}
	}
	return out.pagesAndStyles(src)
}

func quote(s string) string { return fmt.Sprintf("%q", s) }
