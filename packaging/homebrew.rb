# Homebrew's formula. scripts/package fills in what stands between two @.
class Get1passwordCreds < Formula
  desc "AWS credential_process: keys, one-time password and session in 1Password"
  homepage "@REPOSITORY@"
  version "@VERSION@"
  license "MIT"

  on_macos do
    url "@REPOSITORY@/releases/download/v@VERSION@/get-1password-creds-@VERSION@-universal-apple-darwin.tar.gz"
    sha256 "@SHA256 universal-apple-darwin@"
  end

  on_linux do
    on_intel do
      url "@REPOSITORY@/releases/download/v@VERSION@/get-1password-creds-@VERSION@-x86_64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256 x86_64-unknown-linux-musl@"
    end
    on_arm do
      url "@REPOSITORY@/releases/download/v@VERSION@/get-1password-creds-@VERSION@-aarch64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256 aarch64-unknown-linux-musl@"
    end
  end

  def install
    bin.install "get-1password-creds"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/get-1password-creds.bash" => "get-1password-creds"
    zsh_completion.install "completions/_get-1password-creds"
    fish_completion.install "completions/get-1password-creds.fish"
    doc.install Dir["*.md"], "docs", "fixtures", "tests"
  end

  test do
    assert_equal "get-1password-creds #{version}\n", shell_output("#{bin}/get-1password-creds --version")
  end
end
