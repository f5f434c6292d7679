# nix's derivation: `nix-env --install --file default.nix`. scripts/package fills in what stands between two @.
{ pkgs ? import <nixpkgs> { } }:

let
  inherit (pkgs) lib stdenvNoCC fetchurl installShellFiles;
  linux = {
    x86_64-linux = {
      target = "x86_64-unknown-linux-musl";
      sha256 = "@SHA256 x86_64-unknown-linux-musl@";
    };
    aarch64-linux = {
      target = "aarch64-unknown-linux-musl";
      sha256 = "@SHA256 aarch64-unknown-linux-musl@";
    };
  };
  macos = {
    target = "universal-apple-darwin";
    sha256 = "@SHA256 universal-apple-darwin@";
  };
  sources = linux // { aarch64-darwin = macos; x86_64-darwin = macos; };
  source = sources.${stdenvNoCC.hostPlatform.system};
in
stdenvNoCC.mkDerivation rec {
  pname = "get-1password-creds";
  version = "@VERSION@";

  src = fetchurl {
    url = "@REPOSITORY@/releases/download/v${version}/${pname}-${version}-${source.target}.tar.gz";
    inherit (source) sha256;
  };

  nativeBuildInputs = [ installShellFiles ];

  # What is packed is stripped, and signed for macOS.
  dontStrip = true;
  dontFixup = stdenvNoCC.hostPlatform.isDarwin;

  installPhase = ''
    runHook preInstall
    install -D get-1password-creds -t $out/bin
    installManPage man/*.1
    installShellCompletion completions/*
    install -d $out/share/doc/$pname
    cp -R *.md docs fixtures tests $out/share/doc/$pname
    runHook postInstall
  '';

  meta = {
    description = "AWS credential_process: keys, one-time password and session in 1Password";
    homepage = "@REPOSITORY@";
    license = lib.licenses.mit;
    mainProgram = "get-1password-creds";
    platforms = builtins.attrNames sources;
    sourceProvenance = [ lib.sourceTypes.binaryNativeCode ];
  };
}
