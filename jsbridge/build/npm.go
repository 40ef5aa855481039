package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/evanw/esbuild/pkg/api"
)

// Files of the npm package. The site's bundler finds all but the entry by these names in
// jsbridge/npm/index.ts and serves them under names of its own. npmVerbatim is npmWorker
// under a name that makes no bundler change its bytes.
const (
	npmEntry    = "afterimage.js"
	npmWorker   = "afterimage-worker.js"
	npmVerbatim = "afterimage-worker.txt"
	npmCore     = "afterimage-core.wasm"
	npmMore     = "afterimage-more.js"
)

// buildNPM packs the recorder as an npm package into .build/npm/afterimage-VERSION.tgz.
//
// The core has the bytes that the collector serves to pages that show something. The entry is an ES module that
// the site's bundler minifies with everything else, so it is bundled but left readable.
// The types are what tsc says of the sources. It needs node, npm and, in
// jsbridge/node_modules, tsc; nothing is downloaded.
func buildNPM(root, coreFile string) error {
	build := os.Getenv("AFTERIMAGE_BUILD_DIR")
	if build == "" {
		build = filepath.Join(root, ".build")
	}
	out := filepath.Join(build, "npm")
	stage := filepath.Join(out, "package")
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	if err := os.MkdirAll(stage, 0o755); err != nil {
		return err
	}

	dist := newFolder(filepath.Join(root, "jsbridge", "dist")) // read, not written
	core, err := dist.packed(coreFile, "afterimage-core-full.wasm")
	if err != nil {
		return err
	}
	// One worker for all pages: a bundler emits every file that the package names anyway. The
	// core is the one that the page names.
	defines := map[string]string{"__VERSION__": quote(version), "__CORE_HASH__": quote(core.SHA256), "__FULL__": "true", "__CORE_NAME__": `""`, "__NEXT_NAME__": `""`, "__NEXT_HASH__": `""`,
		"__FULL_WORKER_NAME__": `""`, "__FULL_WORKER_HASH__": `""`,
		"__LEAN__": "false", "__RECORDER_NAME__": `""`, "__RECORDER_HASH__": `""`}
	worker, err := dist.script(filepath.Join(root, "jsbridge/worker/main.ts"), npmWorker, defines, fixedName)
	if err != nil {
		return err
	}
	defines["__WORKER_HASH__"] = quote(worker.SHA256)
	more, err := dist.script(filepath.Join(root, "jsbridge/more/main.ts"), npmMore, defines, fixedName)
	if err != nil {
		return err
	}
	delete(defines, "__CORE_NAME__") // a parameter there
	// The site's bundler may minify it with everything else: it is as much the site's as the entry.
	defines["__MORE_HASH__"] = quote("")
	entry, err := npmModule(root, defines)
	if err != nil {
		return err
	}
	files := map[string][]byte{npmEntry: entry}
	for name, br := range map[string][]byte{npmWorker: dist.files[worker.File], npmCore: dist.files[core.File], npmMore: dist.files[more.File]} {
		if files[name], err = io.ReadAll(brotli.NewReader(bytes.NewReader(br))); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	files[npmVerbatim] = files[npmWorker]
	for name, source := range map[string]string{"README.md": "jsbridge/npm/README.md", "LICENSE": "LICENSE", "package.json": "jsbridge/npm/package.json"} {
		if files[name], err = os.ReadFile(filepath.Join(root, source)); err != nil {
			return err
		}
	}
	if files["package.json"], err = withVersion(files["package.json"]); err != nil {
		return err
	}
	if err := addTypes(root, filepath.Join(out, "declarations"), files); err != nil {
		return err
	}
	for name, data := range files {
		file := filepath.Join(stage, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			return err
		}
	}
	return tarball(out, stage, files)
}

// npmModule bundles the entry: first ../api into one function whose parameters are the names
// that the collector's script carries as constants, then jsbridge/npm/index.ts around it.
func npmModule(root string, defines map[string]string) ([]byte, error) {
	options := api.BuildOptions{
		EntryPoints: []string{filepath.Join(root, "jsbridge/api/afterimage.ts")},
		GlobalName:  "api",
		Format:      api.FormatIIFE,
		Bundle:      true,
		Write:       false,
		Target:      api.ES2022,
		Charset:     api.CharsetUTF8,
		MangleProps: "[^_]_$",
		Define:      defines,
		TreeShaking: api.TreeShakingTrue,
		Platform:    api.PlatformBrowser,
		Outfile:     npmEntry,
	}
	recorder, err := bundle(options)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"__WORKER_NAME__", "__CORE_NAME__", "__MORE_NAME__"} {
		if bytes.Count(recorder, []byte(name)) != 1 {
			return nil, fmt.Errorf("bundle %s: %s must occur once", options.EntryPoints[0], name)
		}
	}
	code := "export function load(__WORKER_NAME__, __CORE_NAME__, __MORE_NAME__) {\n" + string(recorder) + "return api\n}\n"
	options.EntryPoints = []string{filepath.Join(root, "jsbridge/npm/index.ts")}
	options.GlobalName, options.Format, options.MangleProps = "", api.FormatESModule, ""
	options.Banner = map[string]string{"js": "/*! Afterimage " + version + ", Apache-2.0. Generated by make npm. */"}
	options.Plugins = []api.Plugin{{Name: "recorder", Setup: func(b api.PluginBuild) {
		b.OnResolve(api.OnResolveOptions{Filter: `^\./recorder$`}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
			return api.OnResolveResult{Path: "recorder", Namespace: "bundled"}, nil
		})
		b.OnLoad(api.OnLoadOptions{Filter: `.`, Namespace: "bundled"}, func(api.OnLoadArgs) (api.OnLoadResult, error) {
			return api.OnLoadResult{Contents: &code, Loader: api.LoaderJS}, nil
		})
	}}}
	module, err := bundle(options)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{npmWorker, npmVerbatim, npmCore, npmMore} {
		// Bundlers match the text of the expression.
		if want := `new URL("./` + name + `", import.meta.url)`; bytes.Count(module, []byte(want)) != 1 {
			return nil, fmt.Errorf("bundle %s: %d times %s, expected one", npmEntry, bytes.Count(module, []byte(want)), want)
		}
	}
	return module, nil
}

func bundle(options api.BuildOptions) ([]byte, error) {
	result := api.Build(options)
	if messages := append(result.Errors, result.Warnings...); len(messages) > 0 {
		text := api.FormatMessages(messages, api.FormatMessagesOptions{Kind: api.ErrorMessage})
		return nil, fmt.Errorf("bundle %s:\n%s", options.EntryPoints[0], strings.Join(text, ""))
	}
	return result.OutputFiles[0].Contents, nil
}

// withVersion puts the build's version into package.json and checks what npm takes for granted.
func withVersion(text []byte) ([]byte, error) {
	const placeholder = `"version": "0.0.0"`
	if bytes.Count(text, []byte(placeholder)) != 1 {
		return nil, fmt.Errorf("jsbridge/npm/package.json: no %s to replace", placeholder)
	}
	text = bytes.Replace(text, []byte(placeholder), []byte(`"version": `+quote(version)), 1)
	var fields struct {
		Dependencies, PeerDependencies, OptionalDependencies, Scripts map[string]string
	}
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, fmt.Errorf("jsbridge/npm/package.json: %w", err)
	}
	if len(fields.Dependencies)+len(fields.PeerDependencies)+len(fields.OptionalDependencies)+len(fields.Scripts) > 0 {
		return nil, errors.New("jsbridge/npm/package.json: the recorder has no dependencies and no scripts")
	}
	return text, nil
}

// relativeImport finds the module names in a declaration file.
var relativeImport = regexp.MustCompile(`(from|import\()(\s*)(['"])(\.\.?/[^'"]+)['"]`)

// addTypes has tsc write the declarations and adds those that the entry reaches, as
// types/…, to files. Node's resolution wants the extension that TypeScript's own leaves out.
func addTypes(root, dir string, files map[string][]byte) error {
	tsc, err := filepath.Abs(filepath.Join(root, "jsbridge/node_modules/.bin/tsc"))
	if err != nil {
		return err
	}
	if _, err := os.Stat(tsc); err != nil {
		return fmt.Errorf("types: %w\nhint: make deps installs tsc", err)
	}
	if text, err := exec.Command(tsc, "-p", filepath.Join(root, "jsbridge/npm"), "--outDir", dir).CombinedOutput(); err != nil {
		return fmt.Errorf("types: tsc: %w\n%s", err, text)
	}
	wanted := []string{"npm/index"}
	for i := 0; i < len(wanted); i++ {
		module := wanted[i]
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(module)+".d.ts"))
		if err != nil {
			return fmt.Errorf("types: %w", err)
		}
		for _, found := range relativeImport.FindAllSubmatch(text, -1) {
			if name := path.Join(path.Dir(module), string(found[4])); !slices.Contains(wanted, name) {
				wanted = append(wanted, name)
			}
		}
		files["types/"+module+".d.ts"] = relativeImport.ReplaceAll(text, []byte("$1$2$3$4.js$3"))
	}
	return nil
}

// tarball calls npm, which reads no registry for that, and prints what a user installs.
func tarball(out, stage string, files map[string][]byte) error {
	cmd := exec.Command("npm", "pack", "--ignore-scripts", "--silent", "--pack-destination", "..")
	cmd.Dir = stage
	cmd.Stderr = os.Stderr
	name, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("npm pack: %w", err)
	}
	tarball := filepath.Join(out, strings.TrimSpace(string(name)))
	info, err := os.Stat(tarball)
	if err != nil {
		return fmt.Errorf("npm pack: %w", err)
	}
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		br, err := compress(files[name])
		if err != nil {
			return err
		}
		fmt.Printf("%-48s %8d bytes %8d br\n", name, len(files[name]), len(br))
	}
	fmt.Printf("%-48s %8d bytes\n", tarball, info.Size())
	if err := os.RemoveAll(filepath.Join(out, "declarations")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
