# PowerShell completions of get-1password-creds

Register-ArgumentCompleter -Native -CommandName 'get-1password-creds' -ScriptBlock {
    param($current, $line, $cursor)
    $before = @($line.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursor } | ForEach-Object { "$_" })
    $found = @(get-1password-creds completions powershell '--' $before 2>$null)
    # Without a result PowerShell offers files.
    if ($found -contains '/') { return }
    $words = $found | ForEach-Object { $_ -replace '\|[^|]*$' } |
        Where-Object { $_.StartsWith($current) -and ($current.StartsWith('-') -or -not $_.StartsWith('-')) }
    if (-not $words) { return '' }
    $words | ForEach-Object {
        $text = if ($_ -match '[^\w./:@+=,-]') { "'" + $_.Replace("'", "''") + "'" } else { $_ }
        [System.Management.Automation.CompletionResult]::new($text, $_, 'ParameterValue', $_)
    }
}
