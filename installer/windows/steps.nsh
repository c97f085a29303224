; SPDX-License-Identifier: Apache-2.0
; What installation, upgrade and removal are made of.

Var log           ; the handle of the log file, or ""
Var logFile       ; its name
Var service       ; where the service's program is: "" (there is no service), "here" or the command line of another
Var ran           ; "yes" if the service ran before it was stopped
Var output        ; of the last run of riposte.exe
Var exitCode      ; likewise; "error" if it could not be run
Var failed        ; the file that could not be replaced

!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\Riposte"
!define SERVICE_KEY "SYSTEM\CurrentControlSet\Services\Riposte"

!macro Say text
  Push `${text}`
  !ifdef __UNINSTALL__
    Call un.Say
  !else
    Call Say
  !endif
!macroend
!define Say "!insertmacro Say"

; Runs riposte.exe with these words; what it prints is in $output and in the log, its exit code in $exitCode.
!macro Riposte words
  Push `${words}`
  !ifdef __UNINSTALL__
    Call un.Riposte
  !else
    Call Riposte
  !endif
!macroend
!define Riposte "!insertmacro Riposte"

!macro Steps un

Function ${un}OpenLog
  Delete $logFile
  ClearErrors
  FileOpen $log $logFile w
  ${IfThen} ${Errors} ${|} StrCpy $log "" ${|}
FunctionEnd

; One line for the window and for the log file, which is all that a silent run shows.
Function ${un}Say
  Exch $0
  DetailPrint $0
  ${IfThen} $log != "" ${|} FileWrite $log "$0$\r$\n" ${|}
  Pop $0
FunctionEnd

Function ${un}Riposte
  Exch $0
  Push $1
  ${Say} "> riposte $0"
  StrCpy $1 0
  ${Do}
    ; Started directly: no shell reads this line.
    nsExec::ExecToStack '"$INSTDIR\riposte.exe" $0'
    Pop $exitCode
    Pop $output
    ${IfThen} $exitCode != "error" ${|} ${ExitDo} ${|}
    ; It was not started. What looks into each new program (and Wine, rarely) is in the way for a moment only.
    Sleep 500
    IntOp $1 $1 + 1
  ${LoopUntil} $1 = 5
  ${Do}
    StrCpy $0 $output 1 -1
    ${If} $0 != "$\n"
    ${AndIf} $0 != "$\r"
      ${ExitDo}
    ${EndIf}
    StrCpy $output $output -1
  ${Loop}
  ${IfThen} $output != "" ${|} ${Say} $output ${|}
  ${If} $exitCode == "error"
    StrCpy $output "$INSTDIR\riposte.exe could not be run"
    ${Say} $output
  ${ElseIf} $exitCode <> 0
    ${Say} "exit code $exitCode"
  ${EndIf}
  Pop $1
  Pop $0
FunctionEnd

; An administrator's own places are not those of the service.
Function ${un}ForgetEnvironment
  System::Call 'kernel32::SetEnvironmentVariable(t "RIPOSTE_CONFIG", p 0)'
  System::Call 'kernel32::SetEnvironmentVariable(t "RIPOSTE_HOME", p 0)'
  System::Call 'kernel32::SetEnvironmentVariable(t "RIPOSTE_STATE", p 0)'
FunctionEnd

Function ${un}FindService
  Push $0
  Push $1
  StrCpy $service ""
  ReadRegStr $0 HKLM "${SERVICE_KEY}" "ImagePath"
  ${If} $0 != ""
    StrCpy $service $0
    StrCpy $1 $0 1
    ${IfThen} $1 == '"' ${|} StrCpy $0 $0 "" 1 ${|}
    StrLen $1 "$INSTDIR\riposte.exe"
    StrCpy $0 $0 $1
    ${IfThen} $0 == "$INSTDIR\riposte.exe" ${|} StrCpy $service "here" ${|}
  ${EndIf}
  Pop $1
  Pop $0
FunctionEnd

; Stops it if it runs. What is in $exitCode then is 0, or it could not be stopped.
Function ${un}StopService
  StrCpy $ran ""
  StrCpy $exitCode 0
  ; A program that is not there does not run.
  ${IfNot} ${FileExists} "$INSTDIR\riposte.exe"
    Return
  ${EndIf}
  ${Riposte} "service status"
  ${IfThen} $exitCode == 0 ${|} StrCpy $ran "yes" ${|}
  ; One that is just starting is no running one, and is stopped all the same. What a busy one does may take it longer
  ; than the command waits.
  ${Riposte} "service stop"
  ${IfThen} $exitCode != 0 ${|} ${Riposte} "service stop" ${|}
FunctionEnd

Function ${un}StartAgain
  ${If} $ran == "yes"
    ${Riposte} "service start"
  ${EndIf}
FunctionEnd

!macroend
!insertmacro Steps ""
!insertmacro Steps "un."

; ---- files: those that are installed are made beside the old ones, then change places with them ----

!macro Extract directory file
  File "/oname=$INSTDIR\new\${file}" "${STAGE}/files/${file}"
!macroend

; A program that runs may be renamed, not overwritten. Nothing is done once $failed is set.
!macro Replace directory file
  ${If} $failed == ""
    Delete "$INSTDIR\${directory}${file}.old"
    ClearErrors
    ${If} ${FileExists} "$INSTDIR\${directory}${file}"
      Rename "$INSTDIR\${directory}${file}" "$INSTDIR\${directory}${file}.old"
    ${EndIf}
    ${IfThen} ${Errors} ${|} StrCpy $failed "$INSTDIR\${directory}${file}" ${|}
  ${EndIf}
  ${If} $failed == ""
    Rename "$INSTDIR\new\${file}" "$INSTDIR\${directory}${file}"
    ${IfThen} ${Errors} ${|} StrCpy $failed "$INSTDIR\${directory}${file}" ${|}
  ${EndIf}
!macroend

!macro PutBack directory file
  ${If} ${FileExists} "$INSTDIR\${directory}${file}.old"
    Delete "$INSTDIR\${directory}${file}"
    Rename "$INSTDIR\${directory}${file}.old" "$INSTDIR\${directory}${file}"
  ${EndIf}
!macroend

!macro DropOld directory file
  Delete /REBOOTOK "$INSTDIR\${directory}${file}.old"
!macroend

!macro DropNew directory file
  Delete "$INSTDIR\new\${file}"
!macroend

; What still runs is deleted at the next start, under a name that no installation before it uses.
!macro Remove directory file
  Delete "$INSTDIR\${directory}${file}"
  ${If} ${FileExists} "$INSTDIR\${directory}${file}"
    GetTempFileName $0 "$INSTDIR"
    Delete $0
    Rename "$INSTDIR\${directory}${file}" $0
    Delete /REBOOTOK $0
  ${EndIf}
!macroend

Function ExtractFiles
  CreateDirectory "$INSTDIR\new"
  CreateDirectory "$INSTDIR\active-response\bin"
  !insertmacro EachFile Extract
FunctionEnd

; Leaves in $failed which file cannot be replaced, and everything as it was; else "".
Function ReplaceFiles
  StrCpy $failed ""
  !insertmacro EachFile Replace
  ${If} $failed == ""
    !insertmacro EachFile DropOld
    RMDir "$INSTDIR\new"
  ${Else}
    ${Say} "$failed cannot be replaced"
    !insertmacro EachFile PutBack
    Call DropNewFiles
  ${EndIf}
FunctionEnd

Function DropNewFiles
  !insertmacro EachFile DropNew
  RMDir "$INSTDIR\new"
FunctionEnd

!macro RemoveFiles un
; What was installed, and its directories if nothing else is in them.
Function ${un}RemoveFiles
  !insertmacro EachFile Remove
  RMDir "$INSTDIR\active-response\bin"
  RMDir "$INSTDIR\active-response"
FunctionEnd
!macroend
!insertmacro RemoveFiles ""
!insertmacro RemoveFiles "un."

; ---- the password of the enrolment ----

; In UTF-8, as the manager reads it. Where it lies, only SYSTEM and administrators can read it.
Function WritePassword
  System::Call 'kernel32::WideCharToMultiByte(i 65001, i 0, w "$password", i -1, p 0, i 0, p 0, p 0) i .r1'
  System::Alloc $1
  Pop $2
  System::Call 'kernel32::WideCharToMultiByte(i 65001, i 0, w "$password", i -1, p r2, i r1, p 0, p 0) i .r1'
  ; Without the zero at its end.
  IntOp $1 $1 - 1
  ClearErrors
  FileOpen $0 "$APPDATA\Riposte\authd.pass" w
  ${If} ${Errors}
    ; Asking took the flag away.
    SetErrors
  ${Else}
    System::Call 'kernel32::WriteFile(p r0, p r2, i r1, *i .r3, p 0) i .r4'
    FileClose $0
    ${IfThen} $4 = 0 ${|} SetErrors ${|}
  ${EndIf}
  System::Free $2
FunctionEnd
